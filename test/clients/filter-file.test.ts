import { copyFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { describeIf } from '../capability.js';
import { Stand, type Started, type StatsRecord } from './stand.js';

interface FilterRecord {
  readonly operstate: string;
  readonly engine?: string;
}

describeIf(['root', 'network namespaces', 'bpf', 'build', { command: 'python3' }])(
  'a recorded filter',
  () => {
    let stand: Stand;
    let file: string;
    const started: Started[] = [];
    const run = async () => {
      const worker = await stand.worker('icmp-responder');
      started.push(worker);
      return worker;
    };
    const shown = () => {
      const [{ operstate, engine }] = stand.json<[FilterRecord]>('filter');
      return { operstate, engine };
    };
    const device = () => stand.json<StatsRecord[]>('stats', 'show', 'eth0').find((r) => r.ifname === 'eth0')!;
    /** EtherCAT frames to everybody, untagged. */
    const ethercat = (count: number) =>
      stand.get(
        'issuer',
        'python3',
        '-c',
        `import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(('eno2', 0))
for _ in range(${count}): s.send(bytes.fromhex('ffffffffffff02fc0000000288a4') + bytes(46))`,
      );

    beforeAll(async () => {
      stand = await Stand.up('file');
      stand.configure('42');
      stand.evlnet('port', 'enable', 'eth0');
      file = join(dirname(stand.stateFile), 'ecat.o');
      copyFileSync('examples/filters/ethercat.o', file);
      expect(stand.evlnet('filter', 'set', 'eth0', 'object', file).status).toBe(0);
    }, 60_000);
    afterEach(async () => {
      for (const s of started.splice(0)) await s.stop();
    });
    afterAll(() => stand?.down(), 60_000);

    test('set while no worker runs, it runs from the next one on, and again after a restart', async () => {
      expect(shown()).toEqual({ operstate: 'SET', engine: undefined });
      for (let i = 0; i < 2; i++) {
        const worker = await run();
        expect(shown()).toEqual({ operstate: 'RUNNING', engine: 'xdp' });
        expect(worker.said.err).toBe('');
        await worker.stop();
      }
      expect(shown()).toEqual({ operstate: 'SET', engine: undefined });
    }, 60_000);

    test('ACCEPT of EtherCAT stays in-band, unless a port is enabled with ethertype any', async () => {
      await run();
      const before = device();
      ethercat(5);
      const left = device();
      expect(left.verdicts.skip! - before.verdicts.skip!).toBeGreaterThanOrEqual(5);
      expect(left.verdicts.accept).toBe(before.verdicts.accept);
      expect(stand.evlnet('port', 'enable', 'eth0', 'ethertype', 'any').status).toBe(0);
      ethercat(5);
      const taken = device();
      expect(taken.verdicts.accept! - left.verdicts.accept!).toBe(5);
      // No packet service wants them here.
      expect(taken.drops['not-ipv4']! - left.drops['not-ipv4']!).toBe(5);
    }, 60_000);

    test('a file that is another one is not run: the worker warns, check and show tell, the VLAN rule decides', async () => {
      copyFileSync('examples/filters/accept-all.o', file);
      expect(shown()).toEqual({ operstate: 'CHANGED', engine: undefined });
      const worker = await run();
      expect(worker.said.err).toMatch(
        /^Warning: Cannot use filter ".*ecat.o": the file is not the one that was set \(its SHA-256 differs\); on "eth0" the VLAN rule decides\nHint: /,
      );
      expect(stand.evlnet('check', 'eth0').stdout).toMatch(/warn +eth0 +filter ecat.o: .*SHA-256 differs/);
      const before = device();
      ethercat(5);
      expect(device().verdicts.accept).toBe(before.verdicts.accept);
      // Put back, it runs with the next change of anything.
      copyFileSync('examples/filters/ethercat.o', file);
      stand.evlnet('vlans', 'add', '44');
      expect(shown()).toEqual({ operstate: 'RUNNING', engine: 'xdp' });
      // What is loaded needs no file.
      rmSync(file);
      expect(stand.json<{ why: string }[]>('filter')).toMatchObject([
        { operstate: 'MISSING', engine: 'xdp', why: expect.stringContaining('no such file') },
      ]);
      ethercat(5);
      expect(device().verdicts.accept! - before.verdicts.accept!).toBe(5);
    }, 60_000);

    test('set anew from the file as it is now', async () => {
      copyFileSync('examples/filters/accept-all.o', file);
      await run();
      expect(stand.evlnet('filter', 'set', 'eth0', 'object', file).status).toBe(0);
      expect(shown()).toEqual({ operstate: 'RUNNING', engine: 'xdp' });
    }, 60_000);
  },
);
