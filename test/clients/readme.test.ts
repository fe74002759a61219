// The UDP program of the README, as it stands there: what a new user copies must work at first try, whoever they are.
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { EvlnetError } from '../../src/errors.js';
import type { SocketEvents } from '../../src/index.js';
import { describeIf } from '../capability.js';
import { EVLNET, Stand, type Started } from './stand.js';

const NOBODY = 65_534;
const README = readFileSync('README.md', 'utf8');
const [, PROGRAM] = /^## A UDP program$.*?^```js\n(.*?)^```$/ms.exec(README)!;

test('it has fifteen lines or few more, and needs evlnet alone', () => {
  const lines = PROGRAM!.split('\n').filter((line) => line.trim() !== '');
  expect(lines.length).toBeLessThanOrEqual(15);
  expect(PROGRAM!.match(/from '[^']*'/g)).toEqual(["from 'evlnet'"]);
});

test('its listener of errors is one for TypeScript too', () => {
  const told = ({ message, hint }: SocketEvents['error'][0]) => [message, hint ?? ''];
  expect(told(new EvlnetError('EVL_PERMISSION', 'Cannot', { hint: 'run as root' }))).toEqual([
    'Cannot',
    'run as root',
  ]);
});

/** Too little for two frame memories: what failed to be zero-copy must be gone before the next try. */
const MEMLOCK = 6 << 20;

/** Words that make of a command one of somebody with these capabilities and no other. */
const somebody = (...capabilities: string[]) => {
  const set = capabilities.map((name) => `+${name}`).join();
  return [
    ...['prlimit', `--memlock=${MEMLOCK}`, 'setpriv'],
    ...['--reuid', `${NOBODY}`, '--regid', `${NOBODY}`, '--clear-groups'],
    ...['--bounding-set', `-all,${set}`, '--inh-caps', `-all,${set}`, '--ambient-caps', `-all,${set}`],
  ];
};

describeIf([
  'root',
  'network namespaces',
  'bpf',
  'build',
  'cap',
  { command: 'socat' },
  { command: 'setpriv' },
])('the UDP program of the README', () => {
  let stand: Stand;
  let folder: string;
  const started: Started[] = [];
  beforeAll(async () => {
    stand = await Stand.up('readme');
    folder = mkdtempSync(join(tmpdir(), 'evlnet-readme-'));
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(process.cwd(), join(folder, 'node_modules/evlnet'));
    writeFileSync(join(folder, 'program.mjs'), PROGRAM!);
    writeFileSync(join(folder, 'hello'), 'hello\n');
    chownSync(folder, NOBODY, NOBODY);
  }, 60_000);
  afterEach(async () => {
    for (const s of started.splice(0)) await s.stop();
  });
  afterAll(async () => {
    await stand?.down();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  /** As they are given in the README, with the driver named. */
  const commands = (driver: string) =>
    `port enable eth0.42 address 10.10.10.11/24 driver ${driver}\nvlans set 42\n`;

  test.each([
    ['root, on XDP', 'xdp', []],
    ['somebody with CAP_NET_ADMIN, CAP_NET_RAW and CAP_BPF', 'xdp', somebody('net_admin', 'net_raw', 'bpf')],
    ['somebody with CAP_NET_RAW, on libpcap', 'pcap', somebody('net_raw')],
  ])('answers socat, run by %s', async (_who, driver, as) => {
    // A new user's own: the workers have their folders beside the state file.
    const home = mkdtempSync(join(folder, 'home-'));
    const batch = join(home, 'batch');
    writeFileSync(batch, commands(driver));
    if (as.length > 0) chownSync(home, NOBODY, NOBODY);
    const EVLNET_STATE = join(home, 'state.json');
    const evlnet = [process.execPath, EVLNET, '-batch', batch];
    expect(stand.on('responder', 'env', `EVLNET_STATE=${EVLNET_STATE}`, ...as, ...evlnet)).toMatchObject({
      status: 0,
    });
    const start = (host: 'issuer' | 'responder', ...argv: string[]) => {
      const it = stand.start(host, { EVLNET_STATE }, ...argv);
      started.unshift(it);
      return it;
    };
    const program = start('responder', ...as, process.execPath, join(folder, 'program.mjs'));
    await program.printed(/listening \{ address: '10\.10\.10\.11', family: 'IPv4', port: 42042 \}/);
    const ask = 'exec socat -t 10 - UDP4:10.10.10.11:42042 <"$1"';
    const peer = start('issuer', 'sh', '-c', ask, 'sh', join(folder, 'hello'));
    await peer.printed(/^you said hello\n$/);
    await program.printed(/10\.10\.10\.10:\d+ says hello/);
  });
});
