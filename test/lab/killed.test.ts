import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, test } from '@jest/globals';
import { labDown, labStatus, labUp } from '../../src/lab/index.js';
import { claimFile, folder } from '../../src/lab/name.js';
import { describeIf } from '../capability.js';
import { labOf, ping, removeLabs } from './host.js';

const built = pathToFileURL('dist/lab/index.js').href;

/** A builder that lives until the lab has got as far as the file shows, then is killed. */
async function killedAt(name: string, file: string): Promise<void> {
  const script = `import('${built}').then(({ labUp }) => labUp({ name: '${name}' })).then(() => setInterval(() => {}, 1000))`;
  const builder = spawn(process.execPath, ['-e', script], { stdio: 'inherit' });
  const ended = once(builder, 'exit');
  while (!existsSync(file) && builder.exitCode === null) await new Promise(setImmediate);
  builder.kill('SIGKILL');
  expect(await ended).toEqual([null, 'SIGKILL']);
}

describeIf(['root', 'network namespaces', 'bpf', 'build', { command: 'ping' }])(
  'a builder killed by SIGKILL',
  () => {
    const names = ['start', 'netns', 'pins', 'down'].map((what) => labOf(`kill-${what}`));
    const [start, netns, pins, down] = names as [string, string, string, string];
    afterAll(() => removeLabs(...names));

    test.each([
      { name: start, when: 'with its turn just begun', file: claimFile(start) },
      { name: netns, when: 'with namespaces made', file: `/run/netns/evlnet-${netns}-responder` },
      { name: pins, when: 'with programs pinned', file: `${folder(pins)}/bpf/access_42_out` },
    ])('$when is no obstacle to labUp()', async ({ name, file }) => {
      await killedAt(name, file);
      expect(await labUp({ name })).toMatchObject({ state: 'up', built: true });
      expect(ping(name, '10.10.43.11', 1)).toEqual({ transmitted: 1, received: 1 });
      expect(readFileSync('/proc/self/mounts', 'utf8')).not.toContain(folder(name));
      await labDown({ name });
    });

    test('leaves a broken lab, which labDown() removes', async () => {
      await killedAt(down, `${folder(down)}/bpf/access_42_out`);
      const found = async () => (await labStatus()).find((lab) => lab.name === down);
      expect(await found()).toMatchObject({ state: 'broken' });
      expect(await labDown({ name: down })).toBe(true);
      expect(await found()).toBeUndefined();
      expect(existsSync(folder(down))).toBe(false);
      expect(readFileSync('/proc/self/mounts', 'utf8')).not.toContain(folder(down));
    });
  },
);
