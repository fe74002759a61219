import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { buildFrame, ISSUER, RESPONDER } from '../build-frame.js';
import { describeIf } from '../capability.js';
import { EVLNET, Stand, type Started, until } from './stand.js';

const PROGRAM = join(import.meta.dirname, 'packet-program.mjs');
const PEER = join(import.meta.dirname, 'packet-peer.py');
const ETHERCAT = 0x88a4;
const hex = (frame: Uint8Array) => Buffer.from(frame).toString('hex');
const ethercat = (
  payload: string,
  tag?: { vid: number; pcp?: number },
  destination: string = RESPONDER.mac,
) => hex(buildFrame({ destination, ethertype: ETHERCAT, payload, ...(tag ? { tags: [tag] } : {}) }));

interface Line {
  readonly socket?: string;
  readonly frame?: string;
  readonly from?: Record<string, unknown>;
  readonly sent?: string;
  readonly error?: string | null;
}

describeIf(['root', 'network namespaces', 'bpf', 'build', { command: 'socat' }, { command: 'python3' }])(
  'packet sockets, beside the kernel’s',
  () => {
    let stand: Stand;
    let wire: Started;
    let program: Started;
    const lines = (): Line[] =>
      program.said.out
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Line);
    const send = (...frames: string[]) => stand.get('switch', 'python3', PEER, 'trunk', 'send', ...frames);
    /** Sockets that have a frame with this payload. */
    const holders = (payload: string) =>
      lines()
        .filter(({ frame }) => frame?.includes(Buffer.from(payload).toString('hex')))
        .map(({ socket }) => socket)
        .sort();
    const seen = (payload: string, ...sockets: string[]) =>
      until(() => holders(payload).join() === sockets.join(), 20_000, `${payload} at ${sockets.join(', ')}`);
    const ask = (text: string) =>
      stand.get('issuer', 'sh', '-c', `printf ${text} | socat -t 1 - UDP4:${RESPONDER.address}:42042`);
    const lastOf = (name: string) => lines().findLast(({ socket, frame }) => socket === name && frame);

    beforeAll(async () => {
      stand = await Stand.up('packet');
      stand.configure();
      stand.evlnet('port', 'enable', 'eth0', 'ethertype', 'any');
      stand.evlnet('filter', 'set', 'eth0', 'all', 'accept');
      wire = stand.start('switch', {}, 'python3', PEER, 'trunk', 'listen');
      program = stand.start('responder', {}, process.execPath, PROGRAM);
      await wire.printed(/ready/);
      for (const name of ['all', 'vlan', 'ethercat'])
        await program.printed(new RegExp(`"socket":"${name}".*"protocol"`));
    }, 60_000);
    afterAll(async () => {
      await wire?.stop('SIGTERM');
      await program?.stop('SIGTERM');
      await stand?.down();
    }, 60_000);

    test('EtherCAT: clones for all types, the frame for its type, nothing for another port', async () => {
      send(ethercat('device'), ethercat('to-all', undefined, 'ff:ff:ff:ff:ff:ff'));
      await seen('device', 'all', 'ethercat');
      await seen('to-all', 'all', 'ethercat');
      expect(lastOf('all')!.from!.packetType).toBe('broadcast');
    });

    test('VLAN 42: the frame as sent without its tag, which is told beside it', async () => {
      send(ethercat('within', { vid: 42, pcp: 5 }));
      await seen('within', 'all', 'vlan');
      expect(lastOf('vlan')).toEqual({
        socket: 'vlan',
        frame: ethercat('within'),
        from: {
          ifname: 'eth0',
          ifindex: expect.any(Number),
          protocol: ETHERCAT,
          hatype: 1,
          packetType: 'host',
          halen: 6,
          address: ISSUER.mac,
          vid: 42,
          pcp: 5,
          size: 14 + 6,
          timeNs: expect.any(Number),
        },
      });
    });

    test('UDP: all types leave the datagram to its socket, IPv4 takes it away, until bound back', async () => {
      expect(ask('first')).toBe('FIRST');
      await seen('first', 'all', 'vlan');
      program.child.kill('SIGUSR2');
      await program.printed(/"protocol":2048}/);
      expect(ask('second')).toBe('');
      await seen('second', 'all', 'vlan');
      const [before] = [program.said.out.length];
      program.child.kill('SIGUSR2');
      await until(() => /"protocol":"all"}/.test(program.said.out.slice(before)), 20_000, 'bound back');
      expect(ask('third')).toBe('THIRD');
    });

    test('sends whole frames and payloads, with the tag and PCP of its port; what cannot be sent has a code', async () => {
      program.child.kill('SIGHUP');
      const results = () => lines().filter(({ sent }) => sent !== undefined);
      await until(() => results().length === 8, 20_000, 'all were told');
      expect(Object.fromEntries(results().map(({ sent, error }) => [sent, error]))).toEqual({
        frame: null,
        payload: null,
        vid: null,
        port: null,
        'no port': 'ENXIO',
        'no such VLAN': 'ENXIO',
        short: 'EINVAL',
        long: 'EMSGSIZE',
      });
      for (const payload of ['by its VLAN', 'by its port'])
        await wire.printed(new RegExp(Buffer.from(payload).toString('hex')));
      const out = (payload: string, tag?: { vid: number; pcp: number }, source: string = RESPONDER.mac) =>
        hex(
          buildFrame({
            destination: ISSUER.mac,
            source,
            ethertype: ETHERCAT,
            payload,
            ...(tag ? { tags: [tag] } : {}),
          }),
        );
      // Of several sockets any may come first.
      const sent = wire.said.out.split('\n').filter((line) => /^.{24}(8100....)?88a4/.test(line));
      const wanted = [
        out('a whole frame', undefined, '02:00:00:00:00:09'),
        out('a payload'),
        out('by its VLAN', { vid: 42, pcp: 5 }),
        out('by its port', { vid: 42, pcp: 3 }),
      ];
      expect(sent.sort()).toEqual(wanted.sort());
    });

    test('evlnet packet recv: the newest socket for the type; a line a frame, its octets, a summary', async () => {
      const argv = [
        process.execPath,
        EVLNET,
        'packet',
        'recv',
        '-i',
        'eth0',
        'proto',
        'ethercat',
        '-c',
        '2',
        '-d',
        '--times',
      ];
      const recv = stand.start('responder', {}, ...argv);
      await recv.printed(/listening to interface eth0\n/);
      send(ethercat('abc'), ethercat('for-another', undefined, '02:fc:00:00:00:99'));
      expect(await recv.ended).toBe(0);
      const out = recv.said.out
        .replaceAll(/ifindex=\d+/g, 'ifindex=N')
        .replaceAll(/^ {2}driver \d+\.\d{9}, queue \+[\d.]+ us, application \+[\d.]+ us$/gm, '  TIMES');
      expect(out).toBe(
        [
          'listening to interface eth0',
          `[0] count=17, proto=0x88a4, ifindex=N, type=0, halen=6, mac=${ISSUER.mac}`,
          '  TIMES',
          '  0000: 02 fc 00 00 00 01 02 fc 00 00 00 02 88 a4 61 62',
          '  0010: 63',
          `[1] count=25, proto=0x88a4, ifindex=N, type=3, halen=6, mac=${ISSUER.mac}`,
          '  TIMES',
          '  0000: 02 fc 00 00 00 99 02 fc 00 00 00 02 88 a4 66 6f',
          '  0010: 72 2d 61 6e 6f 74 68 65 72',
          '--- eth0 packet recv statistics ---',
          '2 frames received, 42 bytes, 0 dropped',
          '',
        ].join('\n'),
      );
      await seen('abc', 'all');
    });

    test('evlnet packet send: hexadecimal and standard input, tagged; a frame that is wrong is named', async () => {
      const frame = (payload: string, tag?: { vid: number; pcp: number }) =>
        ethercat(payload, tag, ISSUER.mac);
      const lines = `printf '%s\\n%s\\n' ${frame('line-1')} ${frame('line-2')}`;
      const send = `${process.execPath} ${EVLNET} -j packet send -i eth0.42 --pcp 7 -`;
      expect(stand.get('responder', 'sh', '-c', `${lines} | ${send}`)).toBe(
        '{"ifname":"eth0.42","sent":2,"bytes":40}\n',
      );
      const wrong = stand.evlnet('packet', 'send', '-i', 'eth0.42', 'hex', frame('by-hand'), 'hex', '0102');
      expect(wrong.stderr).toMatch(
        /^Cannot send frame 2: the frame is shorter than an Ethernet header \(EINVAL\)/,
      );
      expect(wrong.status).toBe(2);
      const hexOf = (payload: string, pcp: number) => frame(payload, { vid: 42, pcp }).slice(24);
      for (const sent of [hexOf('line-1', 7), hexOf('line-2', 7), hexOf('by-hand', 0)])
        await wire.printed(new RegExp(sent));
    });

    test('a port that is disabled is ENETDOWN for who is bound to it, and comes back when it is enabled', async () => {
      stand.evlnet('port', 'disable', 'eth0.42');
      await program.printed(/"socket":"vlan","error":"ENETDOWN","hint":"evlnet port enable eth0.42"/);
      expect(program.said.out.match(/ENETDOWN/g)).toHaveLength(1);
      stand.configure();
      send(ethercat('once more', { vid: 42 }));
      await seen('once more', 'all', 'vlan');
    });

    test('a port that is not enabled is ENODEV', async () => {
      await program.printed(/"socket":"nowhere","error":"ENODEV","hint":"evlnet port show"/);
    });
  },
);
