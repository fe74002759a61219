import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { environment, inHost } from '../../src/lab/exec.js';
import type { Host } from '../../src/lab/name.js';
import { describeIf } from '../capability.js';

// The built program as a user starts it. What a command does is tested in-process elsewhere; here is what takes a process.
const PROGRAM = 'bin/evlnet';

interface Ended {
  code: number;
  out: string;
  err: string;
}

const run = (words: readonly string[], env: Record<string, string> = {}): Promise<Ended> =>
  new Promise((done) => {
    execFile(
      words[0]!,
      words.slice(1),
      { env: { ...process.env, ...env }, timeout: 50_000 },
      (error, out, err) => done({ code: error === null ? 0 : Number(error.code ?? -1), out, err }),
    );
  });

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'evlnet-program-'));
  // Others look in, too.
  chmodSync(folder, 0o755);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeIf(['build'])('the program', () => {
  const evlnet = (...words: string[]) =>
    run([PROGRAM, ...words], { EVLNET_STATE: join(folder, 'state.json') });

  test('prints its version', async () => {
    expect(await evlnet('-V')).toEqual({
      code: 0,
      out: expect.stringMatching(/^evlnet \d+\.\d+\.\d+\n$/),
      err: '',
    });
  });

  test('exits with the code of cli.md', async () => {
    expect((await evlnet('vlans', 'set', '1')).code).toBe(1);
    expect((await evlnet('port', 'enable', 'evlnet-none')).code).toBe(2);
    expect((await evlnet('port', 'enable', 'lo')).code).toBe(3);
  });

  test('ends quietly when nobody reads', async () => {
    const { code, err } = await run(
      ['bash', '-c', `set -o pipefail; ${PROGRAM} help | head -n 1; ${PROGRAM} -j state | true`],
      {
        EVLNET_STATE: join(folder, 'state.json'),
      },
    );
    expect({ code, err }).toEqual({ code: 0, err: '' });
  });

  test('stats watch gives the terminal back when it is stopped, and takes it again', async () => {
    const argv = ['stats', 'watch', 'interval', '0.2'];
    const { code, out, err } = await run(['python3', 'test/cli/terminal.py', PROGRAM, ...argv], {
      EVLNET_STATE: join(folder, 'state.json'),
    });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.split('\n')).toEqual([
      expect.stringMatching(/\\x1b\[\?1049h[^h]*\?25l\\x1b\[H/),
      expect.stringMatching(/\\x1b\[\?1049l<stopped>'$/),
      expect.stringMatching(/^'\\x1b\[\?1049h/),
      expect.stringMatching(/\\x1b\[\?1049l.*<ended 0>'$/),
      '',
    ]);
  });

  test('reads a batch from standard input, and runs each command as it comes', async () => {
    const child = spawn(PROGRAM, ['-b', '-'], {
      env: { ...process.env, EVLNET_STATE: join(folder, 'batch.json') },
    });
    const ended = once(child, 'close');
    for (const vid of [42, 43]) {
      child.stdin.write(`vlans set ${vid}\nvl\\\nans\n`);
      expect(String((await once(child.stdout, 'data'))[0])).toBe(`${vid}\n`);
    }
    // What comes after a failure is not waited for.
    child.stdin.write('vlans set 4095\n');
    expect(await ended).toEqual([1, null]);
  });
});

describeIf(['build', 'root', { command: 'setpriv' }])('without privileges', () => {
  const nobody = (...words: string[]) =>
    run(['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', PROGRAM, ...words], {
      EVLNET_STATE: join(folder, 'root.json'),
    });

  test('the state can be read, and writing says the way out', async () => {
    await run([PROGRAM, 'vlans', 'set', '42'], { EVLNET_STATE: join(folder, 'root.json') });
    expect((await nobody('vlans')).out).toBe('42\n');
    expect(await nobody('vlans', 'set', '43')).toEqual({
      code: 2,
      out: '',
      err: `Cannot write state file "${folder}/root.json": permission denied (EACCES)\nHint: run as root, or name another file with -state FILE or EVLNET_STATE\n`,
    });
    expect((await nobody('vlans')).out).toBe('42\n');
  });

  test('check says what is missing', async () => {
    const { code, out } = await nobody('-o', 'check');
    expect(code).toBe(2);
    expect(out).toMatch(/^FAIL {2}capabilities: CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF missing — run as root/m);
  });

  test('a filter can be tried, and checked as far as that goes', async () => {
    const frame = '02fc0000000102fc00000002080045';
    const { code, out } = await nobody(
      'filter',
      'test',
      'object',
      'examples/filters/accept-all.o',
      'hex',
      frame,
    );
    expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/^1: accept/) });
    const check = await nobody('filter', 'check', 'examples/filters/accept-all.o');
    expect(check.code).toBe(0);
    expect(check.out).toMatch(/^warn {2}bpf_netrx kernel: not checked: that needs CAP_BPF and CAP_PERFMON$/m);
    expect(check.out).toMatch(/^ok {4}bpf_netrx wasm: /m);
  });

  test('a lab cannot be built', async () => {
    expect(await nobody('lab', 'up')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/Operation not permitted\nHint: run as root/),
    });
  });
});

describeIf(['build', 'root', 'network namespaces', 'bpf', { command: 'ping' }])(
  'with workers, in a lab',
  () => {
    const name = `cli${process.pid}`;
    const evlnet = (...words: string[]) => run([PROGRAM, ...words]);
    /** As `evlnet lab exec` does it, without its start each time. */
    const inLab = (host: Host, ...words: string[]): Promise<Ended> => {
      const [file, args] = inHost(name, host, words);
      return run([file, ...args], environment(name, host));
    };
    const onResponder = (...words: string[]) => inLab('responder', PROGRAM, ...words);
    const ping = (...words: string[]) => inLab('issuer', 'ping', ...words, '10.10.10.11');
    const children: ChildProcess[] = [];

    /** Starts a command there and waits for its first line. */
    const start = (...words: string[]): Promise<ChildProcess> =>
      new Promise((done, fail) => {
        const [file, args] = inHost(name, 'responder', [PROGRAM, ...words]);
        const child = spawn(file, args, { env: { ...process.env, ...environment(name, 'responder') } });
        children.push(child);
        child.stdout.once('data', () => done(child));
        child.once('exit', (code) => fail(new Error(`${words.join(' ')} exited with ${code}`)));
      });

    beforeAll(async () => {
      expect((await evlnet('lab', 'up', 'name', name)).code).toBe(0);
      await onResponder('port', 'enable', 'eth0.42', 'address', '10.10.10.11/24');
      await onResponder('vlans', 'set', '42');
      await start('run', 'eth0', 'icmp-responder');
    }, 60_000);
    afterAll(async () => {
      await evlnet('lab', 'down', 'name', name);
      for (const child of children) child.kill('SIGKILL');
    }, 60_000);

    const port = async () => JSON.parse((await onResponder('-j', '-s', 'port')).out)[0];

    test('show, stats and query say what runs', async () => {
      await ping('-c', '3', '-i', '0.05', '-W', '10');
      expect(await port()).toMatchObject({ ifname: 'eth0.42', operstate: 'RUNNING', driver: 'xdp', vid: 42 });
      const [stats] = JSON.parse((await onResponder('-j', 'stats', 'dev', 'eth0.42')).out);
      expect(stats).toMatchObject({ echo: { requests: 3, replies: 3 } });
      expect((await onResponder('port', 'query', 'eth0.42', 'RT')).out).toBe(
        `${stats.stats64.rx.packets} ${stats.stats64.tx.packets}\n`,
      );
      await onResponder('stats', 'reset');
      expect((await onResponder('port', 'query', 'eth0.42', 'Rt')).out).toBe('0 0\n');
    });

    test('a second run of the device is refused', async () => {
      const { code, err } = await onResponder('run', 'eth0', 'udp-echo', '7');
      expect(code).toBe(2);
      expect(err).toMatch(
        /^Cannot become the worker of "eth0": process \d+ already is\nHint: end process \d+ first\n$/,
      );
    });

    test('so is a second responder on the port', async () => {
      const { code, err } = await onResponder('icmp', '-i', 'eth0.42');
      expect(code).toBe(2);
      expect(err).toMatch(
        /^Cannot start icmp-responder on "eth0.42": worker \d+ runs one there already\nHint: .+\n$/,
      );
    });

    test('so is a worker of another state file: the hook is held', async () => {
      const other = join(folder, 'other.json');
      await onResponder('-state', other, 'port', 'enable', 'eth0.42', 'address', '10.10.10.11/24');
      const { code, err } = await onResponder('-state', other, 'run', 'eth0', 'icmp-responder');
      expect(code).toBe(2);
      expect(err).toMatch(/^Cannot attach XDP to "eth0": the hook is held by program .*\nHint: .+\n$/);
      expect((await onResponder('-state', other, 'port')).out).toMatch(/ {4}xdp native held by prog \d+ "/);
      // The one that runs is none the worse for it.
      expect((await ping('-c', '1', '-W', '10')).code).toBe(0);
    });

    test('-n runs in the namespace', async () => {
      writeFileSync(join(folder, 'ns.json'), '{"schema":1,"rev":1}');
      const { out } = await evlnet(
        '-state',
        join(folder, 'ns.json'),
        '-n',
        `evlnet-${name}-issuer`,
        'port',
        'show',
        'eno2',
        '-br',
      );
      expect(out).toMatch(/^eno2 +DISABLED /);
    });

    test('a worker that was killed is STALE', async () => {
      process.kill((await port()).worker, 'SIGKILL');
      for (let i = 0; i < 50 && (await port()).operstate !== 'STALE'; i++);
      expect(await port()).toMatchObject({ operstate: 'STALE' });
      expect((await onResponder('-o', 'check')).out).toMatch(
        /^warn {2}eth0: worker \d+ died and left its traces — evlnet run eth0/m,
      );
    });

    test('a responder whose lines nobody reads any more ends quietly', async () => {
      const { code, err } = await run([
        'bash',
        '-c',
        `set -o pipefail; ${PROGRAM} lab exec name ${name} responder ${PROGRAM} icmp -i eth0.42 | {
           head -n 1; exec <&-; ${PROGRAM} lab exec name ${name} issuer ping -c 20 -i 0.05 -W 1 10.10.10.11
         } >&2`,
      ]);
      expect(err).not.toMatch(/Cannot/);
      expect(code).toBe(0);
    });
  },
);
