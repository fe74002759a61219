import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { classify, innermostVid, OUTCOMES, Reason, tableView } from '../../src/filter/classify.js';
import { COUNTERS, VLANS, xsks } from '../../src/filter/maps.js';
import { HookCounter, Verdict } from '../../src/filter/verdict.js';
import { changes, vlanTable } from '../../src/filter/vlan-table.js';
import { vlanRule } from '../../src/filter/xdp.js';
import { type BpfMap, createMap, loadProgram, type Program, testRun } from '../../src/linux/bpf.js';
import { buildFrame, type FrameFields, macOctets } from '../build-frame.js';
import { describeIf } from '../capability.js';

const BASE = '02:fc:00:00:00:01';
const VLAN_MAC = '02:fc:00:00:00:99';
const OTHER = '02:fc:00:00:00:ff';
const BROADCAST = 'ff:ff:ff:ff:ff:ff';
const ARP = 0x0806;

// 42: a kernel VLAN device with a MAC address of its own; 43: an evlnet VLAN port; 100: no port.
const table = vlanTable(
  [42, 43, 100],
  [
    { vid: 42, lladdr: Uint8Array.from(macOctets(VLAN_MAC)), ownsArp: false },
    { vid: 43, lladdr: Uint8Array.from(macOctets(BASE)), ownsArp: true },
  ],
  Uint8Array.from(macOctets(BASE)),
);

/** With octets on both sides of the frame, which must not matter. */
function reasonOf(frame: Uint8Array, verdict: number, any = false): Reason {
  const octets = new Uint8Array(frame.length + 14).fill(0x81);
  octets.set(frame, 7);
  return classify(new DataView(octets.buffer), 7, 7 + frame.length, verdict, tableView(table), any);
}

const tagged = (vid: number, more: FrameFields = {}) =>
  buildFrame({ destination: BASE, tags: [{ vid }], ipv4: {}, ...more });
const qinq = (outer: number, inner: number, more: FrameFields = {}) =>
  buildFrame({ destination: BASE, tags: [{ vid: outer, tpid: 0x88a8 }, { vid: inner }], ipv4: {}, ...more });
const untagged = buildFrame({ ipv4: {} });
const arp = (vid: number) => buildFrame({ destination: BROADCAST, tags: [{ vid }], arp: {} });

describe('the filter comes first', () => {
  const cases: [name: string, frame: Uint8Array, verdict: number, any: boolean, want: Reason][] = [
    ['DROP', tagged(42), Verdict.Drop, false, Reason.Dropped],
    ['SKIP of what the VLAN rule would take', tagged(43), Verdict.Skip, false, Reason.Skipped],
    ['another value', tagged(43), 4, false, Reason.NoVerdict],
    ['ACCEPT of IPv4', untagged, Verdict.Accept, false, Reason.Accepted],
    ['ACCEPT of IPv4 in a VLAN outside the set', tagged(7), Verdict.Accept, false, Reason.Accepted],
    ['ACCEPT of IPv4 in QinQ', qinq(7, 8), Verdict.Accept, false, Reason.Accepted],
    ["ACCEPT of another host's", tagged(42, { destination: OTHER }), Verdict.Accept, false, Reason.Accepted],
    ['ACCEPT of ARP of an evlnet VLAN port', arp(43), Verdict.Accept, false, Reason.Arp],
    ['ACCEPT of ARP of a kernel VLAN device', arp(42), Verdict.Accept, false, Reason.NotIpv4],
    ['ACCEPT of EtherCAT', buildFrame({ ethertype: 0x88a4 }), Verdict.Accept, false, Reason.NotIpv4],
    ['ACCEPT of EtherCAT, any', buildFrame({ ethertype: 0x88a4 }), Verdict.Accept, true, Reason.AcceptedAny],
    ['ACCEPT of IPv4, any', untagged, Verdict.Accept, true, Reason.Accepted],
    ['ACCEPT of half a tag', tagged(42).subarray(0, 17), Verdict.Accept, false, Reason.NotIpv4],
  ];
  test.each(cases)('%s', (_, frame, verdict, any, want) => {
    expect(reasonOf(frame, verdict, any)).toBe(want);
  });
});

describe('the VLAN rule', () => {
  const cases: [name: string, frame: Uint8Array, want: Reason][] = [
    ['IPv4 to the port', tagged(42, { destination: VLAN_MAC }), Reason.InSet],
    ['IPv4 to the base device', tagged(42), Reason.OtherHost],
    ['broadcast', tagged(42, { destination: BROADCAST }), Reason.InSet],
    ['a VID without a port', tagged(100), Reason.InSet],
    ['802.1ad', buildFrame({ destination: BASE, tags: [{ vid: 43, tpid: 0x88a8 }], ipv4: {} }), Reason.InSet],
    ['QinQ by its inner VID', qinq(7, 43), Reason.InSet],
    ['QinQ whose outer VID is in the set', qinq(43, 7), Reason.NotInSet],
    ['ARP of an evlnet VLAN port', arp(43), Reason.Arp],
    ['ARP of a kernel VLAN device', arp(42), Reason.VlanNotIpv4],
    ['IPv6', tagged(43, { ethertype: 0x86dd }), Reason.VlanNotIpv4],
    ['a VID outside the set', tagged(44), Reason.NotInSet],
    ['VID 0', tagged(0), Reason.NotInSet],
    ['no tag', untagged, Reason.Untagged],
    ['half a tag', tagged(42).subarray(0, 17), Reason.Short],
    ['half an inner tag', qinq(7, 43).subarray(0, 21), Reason.Short],
    ['no header', untagged.subarray(0, 13), Reason.Short],
    ['nothing', new Uint8Array(), Reason.Short],
  ];
  test.each(cases)('%s', (_, frame, want) => {
    expect(reasonOf(frame, Verdict.Vlan)).toBe(want);
  });
});

test('every reason has an outcome of its own', () => {
  expect(Object.values(Reason)).toEqual(OUTCOMES.map((_, i) => i));
});

test('innermostVid is what the rule looks up', () => {
  const of = (frame: Uint8Array) =>
    innermostVid(new DataView(frame.buffer, frame.byteOffset), 0, frame.length);
  expect([untagged, tagged(42), qinq(7, 43), qinq(7, 43).subarray(0, 20)].map(of)).toEqual([-1, 42, 43, -1]);
});

/** Frames that are nearly right: every field that the rule reads is often one that matters, and any length is possible. */
function* frames(count: number): Generator<Uint8Array> {
  let state = 7;
  const random = (limit: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const pick = <T>(list: readonly T[]): T => list[random(list.length)]!;
  for (let i = 0; i < count; i++) {
    const frame = buildFrame({
      destination: pick([BASE, VLAN_MAC, OTHER, BROADCAST, '01:00:5e:00:00:01']),
      tags: Array.from({ length: random(4) }, () => ({
        vid: pick([0, 42, 43, 44, 100, 4095]),
        pcp: random(8),
        dei: random(2) === 1,
        tpid: pick([0x8100, 0x8100, 0x88a8, 0x9100]),
      })),
      ethertype: pick([0x0800, 0x0800, ARP, 0x86dd, 0x8100]),
      payload: new Uint8Array(46),
    });
    if (random(4) === 0) frame[random(24)] = random(256);
    // The kernel runs nothing shorter than a header.
    yield random(8) === 0 ? frame.subarray(0, 14 + random(12)) : frame;
  }
}

describeIf(['root', 'bpf'])('the kernel', () => {
  const maps = new Map<string, BpfMap>();
  let program: Program;
  beforeAll(() => {
    for (const spec of [VLANS, COUNTERS, xsks(1)]) maps.set(spec.name, createMap(spec));
    program = loadProgram(vlanRule(), maps);
    for (const vid of changes(new Uint8Array(table.length), table))
      maps.get(VLANS.name)!.update(vid, table.subarray(vid * 8, vid * 8 + 8));
  });
  afterAll(() => {
    program?.close();
    for (const map of maps.values()) map.close();
  });

  test('decides as the VLAN rule at XDP over 10,000 frames', () => {
    const watched = [HookCounter.Skip, HookCounter.OtherHost, HookCounter.NoSocket];
    const counts = () => watched.map((counter) => maps.get(COUNTERS.name)!.sum(counter));
    const seen = new Set<Reason>();
    let before = counts();
    for (const frame of frames(10_000)) {
      const reason = reasonOf(frame, Verdict.Vlan);
      seen.add(reason);
      testRun(program, frame);
      const after = counts();
      // Without a socket what is claimed passes, and counts as no-socket.
      const want = [1, reason === Reason.OtherHost ? 1 : 0, OUTCOMES[reason]!.isTaken ? 1 : 0];
      const counted = after.map((n, i) => n - before[i]!);
      if (want.some((n, i) => n !== counted[i]))
        expect([Buffer.from(frame).toString('hex'), counted]).toEqual(['', want]);
      before = after;
    }
    expect(seen.size).toBe(7);
  });
});
