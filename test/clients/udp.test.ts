import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { tool } from '../../src/lab/tool.js';
import { describeIf } from '../capability.js';
import { EVLNET, Stand, type Started } from './stand.js';

const PROGRAM = join(import.meta.dirname, 'udp-program.mjs');
const SELF = '10.10.10.11';

describeIf(['root', 'network namespaces', 'bpf', 'build', { command: 'socat' }])(
  'a program with a UDP socket',
  () => {
    let stand: Stand;
    const started: Started[] = [];
    const program = async (...argv: string[]) => {
      const p = stand.start('responder', {}, process.execPath, PROGRAM, ...argv);
      started.push(p);
      await p.printed(/listening/);
      return p;
    };
    const worker = async () => {
      const w = stand.start('responder', {}, process.execPath, EVLNET, 'run', 'eth0', 'icmp-responder');
      started.push(w);
      await w.printed(/running/);
      return w;
    };
    /** What comes back from one datagram, sent by socat from the kernel's stack on the issuer. */
    const ask = (text: string, to = `${SELF}:42042`, seconds = '1') =>
      stand.get(
        'issuer',
        'sh',
        '-c',
        `printf '%s' "$1" | ${tool('socat')} -t ${seconds} - UDP4:${to}`,
        'sh',
        text,
      );

    beforeAll(async () => {
      stand = await Stand.up('udp');
      stand.configure();
    }, 60_000);
    afterEach(async () => {
      for (const s of started.splice(0).reverse()) await s.stop('SIGTERM');
    });
    afterAll(() => stand?.down(), 60_000);

    test('answers socat over VLAN 42, attached to the worker that runs', async () => {
      await worker();
      const p = await program('42042');
      expect(ask('evlnet')).toBe('EVLNET');
      await p.printed(/"size":6,"from":\{"address":"10.10.10.10","family":"IPv4","port":\d+,"size":6/);
      await p.printed(/"sent":6/);
    }, 60_000);

    test('answers as its own worker where none runs', async () => {
      const p = await program('42042', SELF);
      expect(ask('evlnet')).toBe('EVLNET');
      expect(await p.stop('SIGTERM')).toBe(0);
    }, 60_000);
  },
);
