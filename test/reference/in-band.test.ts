import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { buildFrame, type FrameFields, type TagFields } from '../build-frame.js';
import { describeIf } from '../capability.js';
import { Hosts } from './hosts.js';

const BROADCAST = 'ff:ff:ff:ff:ff:ff';
const OTHER = '02:fc:00:00:00:77';
const EAPOL = 0x888e;
const tags: TagFields[] = [{ vid: 42, pcp: 3 }];
const inner42 = (outer: TagFields): TagFields[] => [outer, { vid: 42 }];
const ipv6 = { ethertype: 0x86dd, payload: new Uint8Array(40) };

/** 42 has a port of evlnet's, 44 is in the set too, 43 is not. */
const LEFT: [name: string, frame: FrameFields][] = [
  ['an echo request without a tag', { icmp: {} }],
  ['ARP without a tag', { arp: {}, destination: BROADCAST }],
  ['IPv6 without a tag', ipv6],
  ['a priority tag', { tags: [{ vid: 0, pcp: 5 }], icmp: {} }],
  ['VLAN 43', { tags: [{ vid: 43, pcp: 7, dei: true }], icmp: {} }],
  ['VLAN 43, broadcast', { tags: [{ vid: 43 }], icmp: {}, destination: BROADCAST }],
  ['VLAN 43 in 802.1ad', { tags: [{ vid: 43, tpid: 0x88a8 }], icmp: {} }],
  ['ARP of VLAN 43', { tags: [{ vid: 43 }], arp: {}, destination: BROADCAST }],
  [
    'ARP of a VLAN in the set that is no port of evlnet',
    { tags: [{ vid: 44 }], arp: {}, destination: BROADCAST },
  ],
  ['VLAN 41', { tags: [{ vid: 41 }], icmp: {} }],
  ['QinQ whose outer VID alone is in the set', { tags: [{ vid: 42, tpid: 0x88a8 }, { vid: 43 }], icmp: {} }],
  ['an inner tag of 802.1ad', { tags: [{ vid: 7 }, { vid: 42, tpid: 0x88a8 }], icmp: {} }],
  ['three tags', { tags: [{ vid: 7, tpid: 0x88a8 }, ...inner42({ vid: 8 })], icmp: {} }],
  ['IPv6 in VLAN 42', { tags, ...ipv6 }],
  ['EAPOL in VLAN 42', { tags, ethertype: EAPOL, payload: 'key' }],
  ['an 802.3 length in VLAN 42', { tags, ethertype: 46, payload: new Uint8Array(46) }],
  ["another host's echo request in VLAN 42", { tags, icmp: {}, destination: OTHER }],
  ["another host's ARP in VLAN 42", { tags, arp: {}, destination: OTHER }],
  ['a MAC address one bit from ours', { tags, icmp: {}, destination: '02:fc:00:00:00:03' }],
];

const TAKEN: [name: string, frame: FrameFields][] = [
  ['an echo request', { tags, icmp: {} }],
  ['an echo request of 1472 octets', { tags, icmp: {}, payload: new Uint8Array(1472) }],
  ['one in 802.1ad', { tags: [{ vid: 42, tpid: 0x88a8 }], icmp: {} }],
  ['one in QinQ', { tags: inner42({ vid: 43, tpid: 0x88a8 }), icmp: {} }],
  ['a broadcast', { tags, icmp: {}, destination: BROADCAST, ipv4: { destination: '10.10.10.255' } }],
  ['a multicast', { tags, icmp: {}, destination: '01:00:5e:00:00:01', ipv4: { destination: '224.0.0.1' } }],
  ['a fragment', { tags, icmp: {}, ipv4: { flags: 1 } }],
  ['a broken packet', { tags, icmp: {}, ipv4: { version: 6 } }],
  ['ARP for us', { tags, arp: {}, destination: BROADCAST }],
  ['ARP for another', { tags, arp: { targetAddress: '10.10.10.12' }, destination: BROADCAST }],
  ['TCP', { tags, ipv4: { protocol: 6 }, payload: new Uint8Array(20) }],
  ['IPv4 of a VLAN in the set that has no port', { tags: [{ vid: 44 }], icmp: {} }],
];

describeIf(['root', 'network namespaces', 'bpf', 'build', { command: 'python3' }])('of all frames,', () => {
  const hosts = new Hosts();
  /** Of the kernel's own on VLAN 44, where it has 802.1Q. */
  let hasKernelVlan = false;
  beforeAll(async () => {
    hosts.up();
    hasKernelVlan = hosts.addVlanDevice(44, '10.10.44.11/24');
    if (hasKernelVlan) hosts.evlnet('port', 'enable', 'eth0.44');
    await hosts.worker('42,44');
  }, 30_000);
  afterAll(() => hosts.leave(), 30_000);

  const frames = (of: typeof LEFT) => of.map(([, fields]) => buildFrame(fields));
  const verdicts = () => hosts.stats('eth0').verdicts;

  test('those that are not taken reach the kernel, each once and as it was', () => {
    const before = verdicts();
    const seen = hosts.inBand(frames(LEFT));
    const nameOf = new Map(
      LEFT.map(([name, fields]) => [Buffer.from(buildFrame(fields)).toString('hex'), name]),
    );
    expect(seen.map((frame) => nameOf.get(frame) ?? frame)).toEqual(LEFT.map(([name]) => name));
    const after = verdicts();
    // The marker is left, too.
    expect(after.skip! - before.skip!).toBe(LEFT.length + 1);
    expect(after.vlan! - before.vlan!).toBe(0);
  });

  test('those that are taken do not', () => {
    const before = verdicts();
    expect(hosts.inBand(frames(TAKEN))).toEqual([]);
    const after = verdicts();
    expect(after.vlan! - before.vlan!).toBe(TAKEN.length);
  });

  test('of both in turn, each goes its own way', () => {
    const [left, taken] = [frames(LEFT), frames(TAKEN)];
    const mixed = Array.from({ length: 5 }, (_, round) =>
      left.flatMap((frame, i) => [frame, taken[(i + round) % taken.length]!]),
    ).flat();
    const want = Array.from({ length: 5 }, () =>
      left.map((frame) => Buffer.from(frame).toString('hex')),
    ).flat();
    expect(hosts.inBand(mixed)).toEqual(want);
  });

  test('ARP of a VLAN in the set is answered where its device is the kernel’s, by the kernel', () => {
    const frame = { tags: [{ vid: 44 }], arp: { targetAddress: '10.10.44.11' }, destination: BROADCAST };
    const answers = hosts.ask('evlnet', [[buildFrame(frame)]], { tags, icmp: {} });
    expect(answers[0]!.length).toBe(hasKernelVlan ? 1 : 0);
  });
});
