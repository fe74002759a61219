import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { buildFrame, type FrameFields } from '../build-frame.js';
import { type PcapFields, pcap } from '../capture/write.js';
import { fragments, messageOf } from '../fragment.js';
import { FakeHost, vlan } from './fake.js';
import { expectGolden } from './golden.js';

const tags = [{ vid: 42 }];
const echo = (more: FrameFields = {}) => buildFrame({ tags, icmp: {}, ...more });
const long = fragments(messageOf(echo({ payload: new Uint8Array(3000).fill(7) })), [1480, 2960], { tags });
const ethercat = buildFrame({ ethertype: 0x88a4, payload: new Uint8Array(46) });

let host: FakeHost;
beforeEach(async () => {
  host = new FakeHost();
  host.links.find(({ ifname }) => ifname === 'eth0')!.lladdr = '02:fc:00:00:00:01';
  await host.run('port enable eth0.42 address 10.10.10.11/24');
  await host.run('vlans set 42-43');
});
afterEach(() => host.close());

function capture(frames: readonly Uint8Array[], fields?: PcapFields): string {
  const file = join(host.folder, 'trace.pcap');
  writeFileSync(file, pcap(frames, fields));
  return file;
}

/** Hours and minutes are local. */
const dumped = async (options: string): Promise<string> =>
  (await host.ok(`dump -i eth0 ${options}`)).replace(/^\d\d:\d\d/gm, 'HH:MM').replaceAll(host.folder, '');

/** Fate of each frame, by what is behind its reason. */
const fates = async (frames: readonly Uint8Array[], fields?: PcapFields, options = ''): Promise<string[]> =>
  (await dumped(`-r ${capture(frames, fields)} ${options}`))
    .split('\n')
    .slice(1, -2)
    .map((line) => (/ sent /.test(line) ? 'sent' : /\)(?:: )?(.*)$/.exec(line)![1]!));

test('what the hook and the stack make of each frame', async () => {
  const who = { senderAddress: '10.10.10.10', targetAddress: '10.10.10.11' };
  const file = capture([
    buildFrame({ destination: 'ff:ff:ff:ff:ff:ff', tags, arp: who }),
    echo(),
    echo({ ipv4: { destination: '10.10.10.255' }, destination: 'ff:ff:ff:ff:ff:ff' }),
    echo({ tags: [{ vid: 43 }] }),
    echo({ tags: [{ vid: 7 }] }),
    buildFrame({ tags, udp: {} }),
    ...long,
    ethercat,
  ]);
  expectGolden('dump-replay.txt', await dumped(`-r ${file}`));
  expectGolden('dump-replay.json', (await host.ok(`-j dump -i eth0 -r ${file}`)).replaceAll(host.folder, ''));
});

test('services that are recorded take the place of the responder', async () => {
  const text = JSON.parse(readFileSync(host.stateFile, 'utf8'));
  text.services = { eth0: { services: [{ service: 'udp-echo', udpPort: 42042 }] } };
  writeFileSync(host.stateFile, JSON.stringify(text));
  const frames = [echo(), buildFrame({ tags, udp: { destinationPort: 42042 }, payload: 'hi' })];
  expect(await fates(frames)).toEqual(['dropped, icmp-no-service', 'answered', 'sent']);
});

test('time is the capture’s: fragments wait for 30 s', async () => {
  await host.ok('port set eth0.42 icmp-errors on');
  const times = [
    [100, 0],
    [129, 0],
    [161, 0],
    [162, 0],
  ] as const;
  const [first, ...rest] = long;
  // RFC 792: time exceeded goes out before what came later.
  expect(await fates([first!, echo(), ...rest], { times })).toEqual([
    'kept',
    'answered',
    'sent',
    'sent',
    'kept',
    'kept',
  ]);
  expect(await dumped(`-r ${capture([first!, echo(), ...rest], { times })}`)).toMatch(
    /^HH:MM:10\.000000 sent {4}vid 42 10\.10\.10\.11 > 10\.10\.10\.10 ICMP time exceeded in reassembly\n(.*\n)*.*1 dropped \(fragment-timeout 1\)\n$/m,
  );
});

test('a capture out of order, or without times, does not go back', async () => {
  const times = [
    [200, 0],
    [100, 0],
    [0, 0],
  ] as const;
  expect(await fates([echo(), echo(), echo()], { times })).toEqual(
    Array.from({ length: 3 }, () => ['answered', 'sent']).flat(),
  );
});

test('more octets than a device receives, as where the NIC merges segments', async () => {
  expect(await fates([echo({ payload: new Uint8Array(9000) }), echo()])).toEqual([
    'too long',
    'answered',
    'sent',
  ]);
});

test('the filter decides, with its rules; verdict and -c choose what is shown', async () => {
  const frames = [buildFrame({ tags, udp: {} }), echo(), ethercat, echo()];
  // Rules without `vlan` are about frames without a tag, as in pcap-filter(7).
  const words = 'vlan and arp/vlan/vlan and icmp/accept/vlan and udp/drop'.split('/');
  await host.ok([
    'filter',
    'set',
    'eth0',
    ...words.flatMap((word, i) => (i % 2 === 0 ? ['match', word] : word)),
  ]);
  expect(await dumped(`-r ${capture(frames)} -c 1 verdict accept`)).toMatch(
    /OOB .*\(filter\): answered\n.* sent .*\n1 frames, 1 out-of-band, 1 sent, 0 dropped\n$/,
  );
  expect(await dumped(`-r ${capture(frames)} verdict drop`)).toMatch(
    /freed .*\(filter\)\n1 frames, 0 out-of-band, 0 sent, 0 dropped\n$/,
  );
});

test('of a VLAN only what has its tag; its device may be the kernel’s', async () => {
  host.links.push(vlan(9, 'eth0.43', 2, 43, { lladdr: '02:fc:00:00:00:01' }));
  host.addresses.push({ ifindex: 9, address: 0x0a0a0a0b, prefix: 24, scope: 'global' });
  await host.ok('port enable eth0.43');
  const file = capture([echo(), echo({ tags: [{ vid: 43 }] }), ethercat]);
  const out = await host.ok(`dump -i eth0.43 -r ${file}`);
  expect(out).toMatch(
    /vid 43 .*: answered\n.* sent .*vid 43 .*\n1 frames, 1 out-of-band, 1 sent, 0 dropped\n$/,
  );
});

test('-w: both ways, with directions and comments', async () => {
  const file = join(host.folder, 'out.pcapng');
  const { code, out, err } = await host.run(`dump -i eth0 -r ${capture([echo(), ethercat])} -w ${file}`);
  expect({ code, out, err: err.replaceAll(host.folder, '') }).toEqual({
    code: 0,
    out: '',
    err: 'reading from /trace.pcap\n2 frames, 1 out-of-band, 1 sent, 0 dropped\n',
  });
  const written = readFileSync(file).toString('latin1');
  expect(written).toContain('vlan OOB (vlan 42 in set): answered');
  expect(written).toContain('sent');
});

test('from standard input, in hexadecimal too', async () => {
  host.stdin = '010203';
  expect(await dumped('-r -')).toMatch(/in-band 3 octets, frame-malformed \(shorter than its headers\)\n/);
  host.stdin = Buffer.from(echo()).toString('hex');
  expect(await dumped('-r -')).toMatch(/^reading from standard input\n.*: answered\n/);
});

test('frames that are cut, and an end in the middle of one, are told', async () => {
  const { code, err } = await host.run(
    `dump -i eth0 -r ${capture([echo({ payload: 'x'.repeat(90) })], { snapLength: 60 })}`,
  );
  expect([code, err]).toEqual([
    0,
    'Warning: The capture holds only the beginning of 1 frames\nHint: tcpdump -s 0 keeps them whole\n',
  ]);
  const file = capture([echo(), echo()]);
  writeFileSync(file, readFileSync(file).subarray(0, -3));
  expect((await host.run(`dump -i eth0 -r ${file}`)).err).toMatch(
    /ends in the middle of a frame: \d+ octets/,
  );
});

test('what cannot be read, or is of no device here', async () => {
  expect(await host.run('dump -i eth0 -r nowhere.pcap')).toMatchObject({
    code: 2,
    err: expect.stringMatching(/^Cannot read capture "nowhere.pcap"/),
  });
  expect(await host.run(`dump -i eth7 -r ${capture([echo()])}`)).toMatchObject({
    code: 2,
    err: expect.stringMatching(/^Cannot find device "eth7"/),
  });
  const same = capture([echo()]);
  const before = readFileSync(same);
  expect(await host.run(`dump -i eth0 -r ${same} -w ${same}`)).toMatchObject({
    code: 1,
    err: `Cannot read and write "${same}" at once\nHint: name another file with -w\n`,
  });
  expect(readFileSync(same)).toEqual(before);
  expect(await host.run(`dump -i eth0 -r ${host.folder}`)).toMatchObject({
    code: 2,
    err: expect.stringMatching(/^Cannot read capture ".*": illegal operation on a directory \(EISDIR\)\n/),
  });
  const file = join(host.folder, 'text');
  writeFileSync(file, 'no capture at all');
  expect((await host.run(`dump -i eth0 -r ${file}`)).err).toMatch(/neither pcap nor pcapng/);
});
