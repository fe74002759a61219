// Other people's senders and servers, unmodified, on the kernel's stack of another host: iperf 2, nping, mausezahn.
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { buildFrame, type FrameFields, RESPONDER } from '../build-frame.js';
import { describeIf } from '../capability.js';
import { EVLNET, Stand, type Started, type StatsRecord, until } from './stand.js';

const SENDER = join(import.meta.dirname, 'iperf-sender.mjs');
const OWN = RESPONDER.address;
const PEER = '10.10.10.10';
const COUNT = 200;
const PATIENCE_MS = 20_000;
const CLIENTS = ['iperf', 'nping', 'mausezahn', 'ss'].map((command) => ({ command }));
const TAGGED = { tags: [{ vid: 42, pcp: 5 }] };
const TO_ECHO = { destinationPort: 7 };
const OF_A_GROUP = '03:00:00:00:00:09';

/** Frames on VLAN 42, and the reason for which each is dropped. */
const WRONG: [reason: string, frame: FrameFields][] = [
  ['ipv4-bad-checksum', { ipv4: { checksum: 0x1234 }, udp: TO_ECHO }],
  ['ipv4-bad-ihl', { ipv4: { ihl: 4 }, udp: TO_ECHO }],
  ['ipv4-bad-version', { ipv4: { version: 6 }, udp: TO_ECHO }],
  ['ipv4-bad-length', { ipv4: { totalLength: 1500 }, udp: TO_ECHO }],
  ['ipv4-bad-source', { ipv4: { source: '255.255.255.255' }, udp: TO_ECHO }],
  ['ipv4-not-local', { ipv4: { destination: '10.10.10.99' }, udp: TO_ECHO }],
  ['ipv4-protocol', { ipv4: { protocol: 253 }, payload: 'odd' }],
  ['ipv4-malformed', { payload: 'E' }],
  ['udp-bad-checksum', { ipv4: {}, udp: { ...TO_ECHO, checksum: 0x1234 }, payload: 'x' }],
  ['udp-malformed', { ipv4: {}, udp: { ...TO_ECHO, length: 7 }, payload: 'x' }],
  ['udp-no-socket', { ipv4: {}, udp: { destinationPort: 8 }, payload: 'x' }],
  ['icmp-bad-checksum', { ipv4: {}, icmp: { checksum: 0x1234 }, payload: 'x' }],
  ['source-unreachable', { source: OF_A_GROUP, ipv4: {}, udp: TO_ECHO, payload: 'x' }],
];

const echoed = (port: number, size: number) =>
  new RegExp(`RCVD .* UDP 10\\.10\\.10\\.11:7 > 10\\.10\\.10\\.10:${port} ttl=64 id=\\d+ iplen=${size} `);

/** What nping prints of the reply, and what it is to send. */
const NPING: [reply: RegExp, ...options: string[]][] = [
  [echoed(6001, 28), '--udp', '-p', '7', '-g', '6001'],
  [echoed(6002, 61), '--udp', '-p', '7', '-g', '6002', '--data-length', '33'],
  [echoed(6003, 36), '--udp', '-p', '7', '-g', '6003', '--data-length', '8', '--ip-options', 'R'],
  [echoed(6004, 92), '--udp', '-p', '7', '-g', '6004', '--data-length', '64', '--mtu', '16'],
  [
    echoed(6005, 1027),
    '--udp',
    '-p',
    '7',
    '-g',
    '6005',
    '--data-length',
    '999',
    '--ttl',
    '1',
    '--tos',
    '184',
  ],
  [
    /RCVD .* Echo reply .* id=77 seq=7\] .* iplen=33 /,
    '--icmp',
    '--icmp-id',
    '77',
    '--icmp-seq',
    '7',
    '--data-length',
    '5',
  ],
  [/RCVD .* Timestamp reply/, '--icmp', '--icmp-type', 'timestamp'],
  [/ARP reply 10\.10\.10\.11 is at 02:FC:00:00:00:01/, '--arp', '-e', 'eno2.42'],
];

describeIf(['root', 'network namespaces', 'bpf', 'build', ...CLIENTS])('unmodified peers', () => {
  let stand: Stand;
  let worker: Started;
  let unanswered: { iperf: Started; recv: Started };
  const evlnet = (...argv: string[]) => stand.start('responder', {}, process.execPath, EVLNET, ...argv);
  const port = () => stand.json<StatsRecord[]>('stats', 'show').find((r) => r.ifname === 'eth0.42')!;
  const mausezahn = (...argv: string[]) => stand.get('switch', 'mausezahn', 'trunk', ...argv);
  /** The frame, as mausezahn wants octets. */
  const octets = (frame: FrameFields) =>
    Buffer.from(buildFrame(frame)).toString('hex').match(/../g)!.join(':');
  const iperf = (udpPort: number) => [
    '-u',
    '-c',
    OWN,
    '-p',
    `${udpPort}`,
    '-l',
    '512',
    '-n',
    `${512 * COUNT}`,
    '-b',
    '20m',
  ];

  beforeAll(async () => {
    stand = await Stand.up('peers');
    stand.configure();
    worker = await stand.worker('icmp-responder', 'udp-echo', '7');
  }, 60_000);
  afterAll(async () => {
    await worker?.stop();
    await stand?.down();
  }, 60_000);

  test('iperf -u -c: every datagram comes back from udp-echo', async () => {
    const recv = evlnet('udp', 'recv', '-a', OWN, '-p', '5001');
    await recv.printed(/== bound to port/);
    // Nobody answers its last datagram, which it sends ten times: it goes on while the others run.
    unanswered = { iperf: stand.start('issuer', {}, 'iperf', ...iperf(5001)), recv };
    const before = port().stats64.tx.packets!;
    expect(stand.get('issuer', 'iperf', ...iperf(7))).toMatch(/Sent \d+ datagrams/);
    expect(port().stats64.tx.packets! - before).toBeGreaterThanOrEqual(COUNT);
  });

  test('iperf -u -s: its report counts what a socket of evlnet sent, and comes back to that', async () => {
    const server = stand.start('issuer', {}, 'iperf', '-u', '-s', '-p', '5002');
    const listens = () => stand.on('issuer', 'ss', '-Hlun', 'sport = :5002').stdout !== '';
    await until(listens, PATIENCE_MS, 'iperf listens');
    const sender = stand.get('responder', process.execPath, SENDER, PEER, '5002', `${COUNT}`, '1000');
    expect(JSON.parse(sender)).toEqual({ sent: COUNT, report: expect.any(Number) });
    await server.printed(new RegExp(` 0/${COUNT} \\(0%\\)`));
    await server.stop('SIGTERM');
  });

  // It waits a second for what may come yet: all at the same time.
  test('nping: UDP echoes of many kinds, ICMP echo and timestamp, ARP', async () => {
    const all = NPING.map(([reply, ...options]) => ({
      reply,
      nping: stand.start('issuer', {}, 'nping', '-c', '1', ...options, OWN),
    }));
    for (const { reply, nping } of all) {
      expect(await nping.ended).toBe(0);
      expect(nping.said.out).toMatch(reply);
    }
  });

  test('mausezahn: its UDP and its ping, tagged, are answered; two tags are in-band', async () => {
    const ends = ['-a', '02:fc:00:00:2a:02', '-b', RESPONDER.mac, '-A', PEER, '-B', OWN, '-c', '3'];
    const counts = () => {
      const { stats64, verdicts } = port();
      return { replies: stats64.tx.packets!, skipped: verdicts.skip! };
    };
    const before = counts();
    mausezahn('-Q', '5:42', ...ends, '-t', 'udp', 'sp=4000,dp=7', '-P', 'hello');
    mausezahn('-Q', '42', ...ends, '-t', 'icmp', 'ping', '-P', 'odd');
    // It does not wait for answers.
    await until(() => counts().replies - before.replies >= 6, PATIENCE_MS, 'six replies');
    const answered = counts();
    expect(answered.replies - before.replies).toBe(6);
    mausezahn('-Q', '42,43', ...ends, '-t', 'udp', 'sp=4000,dp=7', '-P', 'hello');
    await until(() => counts().skipped - answered.skipped >= 3, PATIENCE_MS, 'three are skipped');
    expect(counts().replies).toBe(answered.replies);
  });

  test('mausezahn: what is wrong with a frame is the reason that is counted', () => {
    const before = port().drops;
    for (const [, frame] of WRONG) mausezahn(octets({ ...frame, ...TAGGED }));
    // What is on its way is counted before a later ping is answered.
    expect(stand.ping('-c', '1', OWN).received).toBe(1);
    const { drops } = port();
    expect(WRONG.map(([reason]) => [reason, drops[reason]! - before[reason]!])).toEqual(
      WRONG.map(([reason]) => [reason, 1]),
    );
  });

  test('mausezahn: packet recv has its frame as it was, without the tag', async () => {
    const recv = evlnet('packet', 'recv', '-i', 'eth0.42', '-d');
    await recv.printed(/listening to interface/);
    const frame: FrameFields = { ipv4: { protocol: 253 }, payload: 'as it was' };
    mausezahn(octets({ ...frame, ...TAGGED }));
    const lines = Buffer.from(buildFrame(frame))
      .toString('hex')
      .match(/.{1,32}/g)!;
    const dump = lines.map((line) => ` {2}[0-9a-f]{4}: ${line.match(/../g)!.join(' ')}\n`).join('');
    await recv.printed(new RegExp(`type=0, halen=6, mac=02:fc:00:00:00:02, vid=42, pcp=5\n${dump}`));
    expect(await recv.stop()).toBe(0);
  });

  test('what iperf sent without an answer has come to udp recv, all of it', async () => {
    const { iperf, recv } = unanswered;
    await iperf.ended;
    const [, sent] = /Sent (\d+) datagrams/.exec(iperf.said.out)!;
    expect(await recv.stop()).toBe(0);
    const [, received, dropped] = /(\d+) datagrams received, \d+ bytes, (\d+) dropped/.exec(recv.said.out)!;
    expect(Number(sent)).toBeGreaterThanOrEqual(COUNT);
    expect(Number(received)).toBeGreaterThanOrEqual(Number(sent));
    expect(dropped).toBe('0');
  });
});
