import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { labStatus, labUp } from '../../src/lab/index.js';
import { folder } from '../../src/lab/name.js';
import { Proof } from '../../src/lab/proof.js';
import { namespaces } from '../../src/lab/record.js';
import { Stage } from '../../src/lab/stage.js';
import { describeIf } from '../capability.js';
import { labOf, removeLabs } from './host.js';

/** `evlnet lab run`, and a way to wait for what it shows. */
function demo(name: string) {
  const child = spawn('bin/evlnet', ['lab', 'run', 'name', name], { stdio: ['ignore', 'pipe', 'pipe'] });
  const shown = { text: '', errors: '' };
  child.stdout.on('data', (octets) => {
    shown.text += octets;
  });
  child.stderr.on('data', (octets) => {
    shown.errors += octets;
  });
  const ended = once(child, 'close').then(([code, signal]) => (signal ?? code) as number | string);
  const shows = async (text: string) => {
    while (!shown.text.includes(text))
      await Promise.race([
        once(child.stdout, 'data'),
        ended.then(() => Promise.reject(new Error(shown.errors))),
      ]);
  };
  return { child, shown, ended, shows };
}

const isGone = (name: string) =>
  !namespaces().some((n) => n.startsWith(`evlnet-${name}-`)) && !existsSync(folder(name));

describeIf(['root', 'network namespaces', 'bpf', 'build', { command: 'ping' }])('evlnet lab run', () => {
  const [whole, early, killed, dying, busy] = ['whole', 'early', 'killed', 'dying', 'busy'].map((w) =>
    labOf(`run-${w}`),
  ) as [string, string, string, string, string];
  // It waits for its pings most of the time: the others run meanwhile.
  let running: ReturnType<typeof demo>;
  beforeAll(() => {
    running = demo(whole);
  });
  afterAll(() => removeLabs(whole, early, killed, dying, busy));

  test('Ctrl-C ends it early: exit 0, nothing left', async () => {
    const { child, shown, shows, ended } = demo(early);
    await shows('listening to interface');
    child.kill('SIGINT');
    expect(await ended).toBe(0);
    expect(shown.text).toContain('Interrupted; the lab is removed.');
    expect(isGone(early)).toBe(true);
  }, 120_000);

  test('after kill -9 the lab counts as left behind, and the next one of that name takes its place', async () => {
    const { child, shows, ended } = demo(killed);
    await shows('listening to interface');
    child.kill('SIGKILL');
    expect(await ended).toBe('SIGKILL');
    expect((await labStatus()).find((lab) => lab.name === killed)).toMatchObject({ state: 'broken' });
    expect(await labUp({ name: killed })).toMatchObject({ state: 'up', built: true });
    const { hosts } = (await labStatus()).find((lab) => lab.name === killed)!;
    expect(hosts.flatMap((host) => host.processes)).toEqual([]);
  }, 120_000);

  test('a responder that dies is an error at once, and nothing is left', async () => {
    const { shown, shows, ended } = demo(dying);
    await shows('icmp_seq=1');
    const lab = (await labStatus()).find(({ name }) => name === dying)!;
    for (const pid of lab.hosts.find(({ host }) => host === 'responder')!.processes)
      process.kill(pid, 'SIGKILL');
    expect(await ended).toBe(2);
    expect(shown.errors).toContain('the responder ended by itself');
    expect(isGone(dying)).toBe(true);
  }, 120_000);

  test('a lab that somebody uses is left alone', async () => {
    await labUp({ name: busy });
    const { shown, ended } = demo(busy);
    expect(await ended).toBe(2);
    expect(shown.errors).toBe(
      `Cannot build lab "${busy}": it is up\nHint: evlnet lab down name ${busy}, or another name\n`,
    );
    expect((await labStatus()).find((lab) => lab.name === busy)).toMatchObject({ state: 'up' });
  }, 120_000);

  test('shows an unmodified ping answered out-of-band, the rest in-band, and proves it', async () => {
    const { shown, ended } = running;
    expect({ code: await ended, errors: shown.errors }).toEqual({ code: 0, errors: '' });
    for (const typed of [
      /^responder# evlnet port enable eth0\.42/m,
      /^responder# evlnet vlans set 42$/m,
      /^responder# evlnet icmp -i eth0\.42$/m,
      /^issuer# ping -c 5 10\.10\.10\.11$/m,
      /^responder \| \[4\] count=84, proto=0x800, ifindex=\d+, type=0, halen=6, mac=02:fc:00:00:2a:02$/m,
      /^responder# evlnet stats/m,
    ])
      expect(shown.text).toMatch(typed);
    expect(shown.text.match(/^ {2}ok {4}.*$/gm)).toHaveLength(8);
    expect(shown.text).not.toContain('FAIL');
    expect(isGone(whole)).toBe(true);
  }, 60_000);
});

describe('Proof', () => {
  const shown: string[] = [];
  const stage = new Stage('none', (text) => shown.push(text), new AbortController().signal);

  test('end() throws all that did not hold, and only then', () => {
    const good = new Proof(stage);
    good.equal('replies', 5, 5);
    good.atLeast('frames', 6, 5);
    good.end();
    const bad = new Proof(stage);
    bad.equal('replies', 4, 5);
    bad.equal('lines', undefined, 5);
    bad.atLeast('frames', 4, 5);
    bad.atLeast('more frames', Number.NaN, 5);
    bad.equal('fine', 5, 5);
    expect(() => bad.end()).toThrow(
      'replies: 4, expected 5; lines: nothing, expected 5; frames: 4, expected 5 or more; more frames: NaN, expected 5 or more',
    );
    expect(shown.join('').match(/ok|FAIL/g)).toEqual(['ok', 'ok', 'FAIL', 'FAIL', 'FAIL', 'FAIL', 'ok']);
  });
});
