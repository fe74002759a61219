import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { hiddenTagWatch } from '../../src/filter/hidden-tag.js';
import { COUNTERS, HIDDEN, VLANS, xsks } from '../../src/filter/maps.js';
import { HookCounter } from '../../src/filter/verdict.js';
import { changes, vlanTable } from '../../src/filter/vlan-table.js';
import { vlanRule } from '../../src/filter/xdp.js';
import { type BpfMap, createMap, loadProgram, type Program, testRun } from '../../src/linux/bpf.js';
import { describeIf } from '../capability.js';

const PASS = 2;
const BASE = '02fc00000001';
const VLAN_MAC = '02fc00000099';
const OTHER = '02fc000000ff';
const IPV4 = `0800${'45'.padEnd(92, '0')}`;
const tag = (vid: number, tpid = '8100', pcp = 0) => tpid + ((pcp << 13) | vid).toString(16).padStart(4, '0');
const frame = (destination: string, ...rest: string[]) =>
  Uint8Array.from(Buffer.from(`${destination}02fc00000002${rest.join('')}`, 'hex'));
const octets = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));

describeIf(['root', 'bpf'])('vlanRule() in the kernel', () => {
  const maps = new Map<string, BpfMap>();
  let program: Program;
  let stamping: Program;
  const counts = () => Object.values(HookCounter).map((c) => maps.get(COUNTERS.name)!.sum(c));

  beforeAll(() => {
    for (const spec of [VLANS, COUNTERS, HIDDEN, xsks(4)]) maps.set(spec.name, createMap(spec));
    program = loadProgram(vlanRule(), maps);
    stamping = loadProgram(vlanRule({ mark: 7 }), maps);
    loadProgram(hiddenTagWatch(), maps).close();
    // 42: a kernel VLAN device with a MAC address of its own; 43: an evlnet VLAN port; 100: no port.
    const ports = [
      { vid: 42, lladdr: octets(VLAN_MAC), ownsArp: false },
      { vid: 43, lladdr: octets(BASE), ownsArp: true },
    ];
    const table = vlanTable([42, 43, 100], ports, octets(BASE));
    for (const vid of changes(new Uint8Array(table.length), table))
      maps.get(VLANS.name)!.update(vid, table.subarray(vid * 8, vid * 8 + 8));
  });
  afterAll(() => {
    program?.close();
    stamping?.close();
    for (const m of maps.values()) m.close();
  });

  // Without sockets a claimed frame passes too, and counts as no-socket: that tells the two apart.
  const claimed = { [HookCounter.NoSocket]: 1, [HookCounter.Skip]: 1 };
  const inBand = { [HookCounter.Skip]: 1 };
  const otherHost = { [HookCounter.Skip]: 1, [HookCounter.OtherHost]: 1 };
  const cases: [name: string, frame: Uint8Array, moves: Record<number, number>][] = [
    ['IPv4 of a VID in the set', frame(VLAN_MAC, tag(42), IPV4), claimed],
    ['any PCP', frame(VLAN_MAC, tag(42, '8100', 7), IPV4), claimed],
    ['802.1ad', frame(VLAN_MAC, tag(42, '88a8'), IPV4), claimed],
    ['QinQ by its inner VID', frame(VLAN_MAC, tag(7, '88a8'), tag(42), IPV4), claimed],
    ['QinQ with two 802.1Q tags', frame(VLAN_MAC, tag(7), tag(42), IPV4), claimed],
    ['QinQ whose outer VID alone is in the set', frame(VLAN_MAC, tag(42, '88a8'), tag(7), IPV4), inBand],
    ['an inner 802.1ad tag', frame(VLAN_MAC, tag(42), tag(42, '88a8'), IPV4), inBand],
    ['three tags', frame(VLAN_MAC, tag(42), tag(42), tag(42), IPV4), inBand],
    ['broadcast', frame('ffffffffffff', tag(42), IPV4), claimed],
    ['multicast', frame('01005e000001', tag(42), IPV4), claimed],
    ["another host's unicast", frame(OTHER, tag(42), IPV4), otherHost],
    ["the base device's address where the port has its own", frame(BASE, tag(42), IPV4), otherHost],
    ['a VID of the set without a port', frame(BASE, tag(100), IPV4), claimed],
    ['a VID outside the set', frame(BASE, tag(44), IPV4), inBand],
    ['VID 0', frame(BASE, tag(0), IPV4), inBand],
    ['untagged IPv4', frame(BASE, IPV4), inBand],
    ['ARP of a kernel VLAN device', frame('ffffffffffff', tag(42), '0806', '00'.repeat(46)), inBand],
    ['ARP of an evlnet VLAN port', frame('ffffffffffff', tag(43), '0806', '00'.repeat(46)), claimed],
    ['ARP in QinQ', frame('ffffffffffff', tag(7, '88a8'), tag(43), '0806', '00'.repeat(46)), claimed],
    ['IPv6', frame(VLAN_MAC, tag(42), '86dd', '00'.repeat(46)), inBand],
    ['a frame cut inside the tag', frame(BASE, '81000'.padEnd(6, '0')), inBand],
    ['a frame cut inside the inner tag', frame(BASE, tag(7), '8100', '00'), inBand],
    ['a tag and nothing behind it', frame(VLAN_MAC, tag(42), '0800'), claimed],
  ];
  test.each(cases)('%s', (_name, octets, moves) => {
    const before = counts();
    expect(testRun(program, octets).result).toBe(PASS);
    const moved = Object.fromEntries(
      counts()
        .map((n, i) => [i, n - before[i]!])
        .filter(([, n]) => n !== 0),
    );
    expect(moved).toEqual(moves);
    // What is not taken goes on as it came, without a stamp in front of it.
    expect(testRun(stamping, octets)).toMatchObject({ result: PASS, data: octets });
  });

  test('changes() names the VIDs that differ and no others', () => {
    const a = vlanTable([42, 43], [], octets(BASE));
    const b = vlanTable([43, 4094], [], octets(BASE));
    expect([...changes(a, b)]).toEqual([42, 4094]);
    expect([...changes(a, a)]).toEqual([]);
  });
});
