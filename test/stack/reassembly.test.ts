import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LoopbackDevice } from '../../src/device/loopback.js';
import { DROPS, Drop } from '../../src/drop.js';
import { createArena } from '../../src/memory/arena.js';
import { Counters, PAGE_LENGTH, SlotCounter } from '../../src/memory/counters.js';
import { IcmpErrors } from '../../src/stack/icmp-errors.js';
import { dissect, receiveIpv4 } from '../../src/stack/ingress.js';
import { Packet } from '../../src/stack/packet.js';
import { Port } from '../../src/stack/port.js';
import { MAX_DISTANCE, PLACES, Reassembly, TIMEOUT_NS } from '../../src/stack/reassembly.js';
import { Outcome } from '../../src/stack/service.js';
import { buildFrame } from '../build-frame.js';
import { expectFrame } from '../expect-frame.js';
import { type FragmentFields, fragment, fragments, messageOf } from '../fragment.js';
import { portConfig } from './host.js';

/** Reassembly of one port, fed with frames. */
class Bench {
  readonly counters = new Counters(new ArrayBuffer(PAGE_LENGTH));
  readonly errors = new IcmpErrors(LoopbackDevice.pair()[0], this.counters);
  readonly reassembly = new Reassembly(this.counters, this.errors);
  readonly port = new Port(portConfig());
  readonly arena = createArena(1, 0x1_0000);
  readonly packet = new Packet(this.arena);
  now = 1e9;

  /** What became of the frame: a drop reason, 'kept', or the packet it made whole. */
  receive(frame: Uint8Array): string | Uint8Array {
    const p = this.packet;
    this.arena.octets.set(frame, 256);
    p.at = 256;
    p.end = 256 + frame.length;
    const refused = dissect(p) || receiveIpv4(p, this.port);
    if (refused !== Drop.None) throw new Error(`not a fragment: ${DROPS[refused]![0]}`);
    p.nowNs = this.now;
    const outcome = this.reassembly.receive(p, this.port);
    if (outcome === Outcome.Done) return 'kept';
    if (outcome !== Drop.None) return DROPS[outcome]![0];
    const { octets, at, end, l4, packetEnd } = this.reassembly.whole;
    expect([packetEnd, this.reassembly.whole.octets[l4 - 1] !== undefined]).toEqual([end, true]);
    return octets.slice(at, end);
  }

  count(counter: number): number {
    return this.counters.slots[counter]!;
  }

  pass(ns: number): void {
    this.now += ns;
    if (this.reassembly.dueNs <= this.now) this.reassembly.run(this.now);
  }
}

const noise = (length: number, seed = 1) =>
  Uint8Array.from({ length }, (_, i) => (i * 7 + seed * 31 + (i >> 8)) & 0xff);
const echo = (size: number) => messageOf(buildFrame({ icmp: {}, payload: noise(size) }));
const part = (offset: number, length: number, isLast = false, more: Partial<FragmentFields> = {}) =>
  fragment({ offset, payload: noise(length, offset), isLast, ...more });

describe('a packet is whole', () => {
  const whole = buildFrame({ icmp: {}, payload: noise(2000) });
  const cut = () => fragments(messageOf(whole), [480, 960, 1440]);
  const orders: [name: string, order: number[]][] = [
    ['in order', [0, 1, 2, 3]],
    ['backwards', [3, 2, 1, 0]],
    ['the first last', [1, 2, 3, 0]],
    ['the middle last', [3, 0, 2, 1]],
  ];
  test.each(orders)('%s', (_name, order) => {
    const bench = new Bench();
    const outcomes = order.map((i) => bench.receive(cut()[i]!));
    expect(outcomes.slice(0, -1)).toEqual(['kept', 'kept', 'kept']);
    expect(Buffer.compare(outcomes.at(-1) as Uint8Array, whole)).toBe(0);
    expect([bench.count(SlotCounter.Reassembled), bench.count(SlotCounter.FragmentsJoined)]).toEqual([1, 4]);
    bench.pass(2 * TIMEOUT_NS);
    expect(bench.count(Drop.FragmentTimeout)).toBe(0);
    expect(bench.reassembly.dueNs).toBe(Number.POSITIVE_INFINITY);
  });

  test('of 65,535 octets', () => {
    const bench = new Bench();
    const frames = fragments(
      echo(65507),
      Array.from({ length: 44 }, (_, i) => 1480 * (i + 1)),
    );
    const last = frames.map((frame) => bench.receive(frame)).at(-1) as Uint8Array;
    expectFrame(last).ipv4({ totalLength: 65535 }).icmp({ type: 8 }).payload(noise(65507));
  });

  test('with tags, options and addresses of its first fragment, and right checksums', () => {
    const bench = new Bench();
    const fields = { tos: 0x10, ttl: 3, identification: 77 };
    const [first, second] = [{ tags: [{ vid: 0, pcp: 5 }], options: '94040000' }, { options: '' }].map(
      (more) => fragments(echo(100), [64], { ...fields, ...more }),
    );
    bench.receive(second![1]!);
    const frame = bench.receive(first![0]!) as Uint8Array;
    expectFrame(frame)
      .vlan({ pcp: 5 })
      .ipv4({ ...fields, options: '94040000', dontFragment: false, totalLength: 24 + 108 })
      .icmp({});
  });

  test('padding behind a fragment is no part of it', () => {
    const bench = new Bench();
    const padded = (frame: Uint8Array) => Uint8Array.from([...frame, ...noise(18)]);
    const [a, b] = fragments(echo(4), [8]);
    bench.receive(padded(a!));
    expect(messageOf(bench.receive(padded(b!)) as Uint8Array)).toEqual(echo(4));
  });

  test('what a fragment that is not the last has beyond a multiple of eight is cut off', () => {
    const bench = new Bench();
    bench.receive(part(0, 13));
    expect(messageOf(bench.receive(part(8, 3, true)) as Uint8Array)).toEqual(
      Uint8Array.from([...noise(8, 0), ...noise(3, 8)]),
    );
  });
});

describe('fragments are told apart by', () => {
  const differences: [name: string, more: Partial<FragmentFields>][] = [
    ['source', { source: '10.10.10.12' }],
    ['destination', { destination: '10.10.10.255' }],
    ['identification', { identification: 0x1235 }],
    ['protocol', { protocol: 17 }],
    ['VID', { tags: [{ vid: 7 }] }],
  ];
  test.each(differences)('%s', (_name, more) => {
    const bench = new Bench();
    bench.receive(part(0, 8));
    expect(bench.receive(part(8, 8, true, more))).toBe('kept');
    expect(bench.receive(part(8, 8, true))).toBeInstanceOf(Uint8Array);
  });
});

describe('refused', () => {
  const cases: [name: string, frames: Uint8Array[], reason: keyof typeof Drop, lost: number][] = [
    ['no octets', [part(8, 0)], 'FragmentMalformed', 1],
    ['seven octets, not the last', [part(8, 7)], 'FragmentMalformed', 1],
    ['beyond 65,535 octets', [part(65512, 16)], 'FragmentMalformed', 1],
    [
      'with options, beyond 65,535',
      [part(0, 8, false, { options: '01010101' }), part(65512, 3, true)],
      'FragmentMalformed',
      0,
    ],
    ['beyond the last', [part(8, 8, true), part(16, 8)], 'FragmentMalformed', 2],
    ['a last one before the end', [part(16, 8), part(0, 8, true)], 'FragmentMalformed', 2],
    ['another last one', [part(8, 8, true), part(16, 8, true)], 'FragmentMalformed', 2],
    ['overlap from below', [part(16, 16), part(8, 16)], 'FragmentOverlap', 2],
    ['overlap from above', [part(0, 16), part(8, 16)], 'FragmentOverlap', 2],
    ['overlap around', [part(8, 8), part(0, 24)], 'FragmentOverlap', 2],
    ['a duplicate', [part(8, 8), part(8, 8)], 'FragmentDuplicate', 1],
    ['a duplicate within', [part(8, 32), part(16, 8)], 'FragmentDuplicate', 1],
    ['not-ECT with ECT(0)', [part(0, 8), part(8, 8, true, { tos: 2 })], 'FragmentMalformed', 2],
  ];
  test.each(cases)('%s', (_name, frames, reason, lost) => {
    const bench = new Bench();
    const outcomes = frames.map((frame) => bench.receive(frame));
    if (lost === 0) return;
    expect(outcomes.at(-1)).toBe(DROPS[Drop[reason]]![0]);
    // The last one is for the caller to count.
    expect(bench.count(Drop[reason])).toBe(lost - 1);
  });

  test('what remains of a packet that overlapped is a packet of its own, never whole', () => {
    const bench = new Bench();
    for (const frame of [part(0, 16), part(8, 16)]) bench.receive(frame);
    expect(bench.receive(part(24, 8, true))).toBe('kept');
    bench.pass(TIMEOUT_NS);
    expect(bench.count(Drop.FragmentTimeout)).toBe(1);
  });
});

test.each([
  [[0, 0], 0],
  [[2, 2], 2],
  [[2, 3], 3],
  [[1, 3], 3],
  [[3, 3], 3],
  [[1, 2], 1],
])('ECN of fragments %j is %d (RFC 3168 §5.3)', ([a, b], ecn) => {
  const bench = new Bench();
  bench.receive(part(0, 8, false, { tos: 0xb8 | a! }));
  expectFrame(bench.receive(part(8, 8, true, { tos: b! })) as Uint8Array).ipv4({ tos: 0xb8 | ecn });
});

describe('time and room', () => {
  test('30 seconds from the first that came', () => {
    const bench = new Bench();
    bench.receive(part(0, 8));
    bench.pass(TIMEOUT_NS - 1);
    bench.receive(part(16, 8, true));
    bench.pass(0);
    expect(bench.count(Drop.FragmentTimeout)).toBe(0);
    bench.pass(1);
    expect(bench.count(Drop.FragmentTimeout)).toBe(2);
    expect(bench.receive(part(8, 8))).toBe('kept');
  });

  test('one packet too many displaces the oldest', () => {
    const bench = new Bench();
    const of = (identification: number, isLast: boolean) =>
      part(isLast ? 8 : 0, 8, isLast, { identification });
    for (let i = 0; i <= PLACES; i++, bench.pass(1)) bench.receive(of(i, false));
    expect(bench.count(Drop.FragmentDisplaced)).toBe(1);
    for (let i = 1; i <= PLACES; i++) expect(bench.receive(of(i, true))).toBeInstanceOf(Uint8Array);
    expect(bench.receive(of(0, true))).toBe('kept');
  });

  test('an identification that comes again after many other fragments is another packet', () => {
    const bench = new Bench();
    const others = (count: number) => {
      for (let i = 0; i < count; i++) bench.receive(part(0, 8, false, { identification: 1 + (i % 8) }));
    };
    bench.receive(part(0, 8));
    others(MAX_DISTANCE - 1);
    expect(bench.receive(part(8, 8))).toBe('kept');
    others(MAX_DISTANCE);
    expect(bench.receive(part(16, 8, true))).toBe('kept');
    expect(bench.count(Drop.FragmentDisplaced)).toBe(2);
    expect(bench.receive(part(0, 16))).toBeInstanceOf(Uint8Array);
  });
});

test('any fragments in any order: as a naive oracle says', () => {
  const piece = fc.record({
    packet: fc.nat(2),
    at: fc.nat(12),
    units: fc.integer({ min: 0, max: 5 }),
    odd: fc.nat(7),
    isLast: fc.boolean(),
    octet: fc.nat(255),
    wait: fc.constantFrom(0, 0, 0, 0, 1e9, 16e9),
  });
  const bench = new Bench();
  let wholes = 0;
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), fc.boolean(), (pieces, isTidy) => {
      bench.pass(2 * TIMEOUT_NS);
      const oracle = new Oracle();
      for (const { packet, at, units, odd, isLast, octet, wait } of pieces) {
        bench.pass(wait);
        // Tidy ones are pieces of one packet of three units, so that many come together.
        const offset = isTidy ? (at % 3) * 8 : at * 8;
        const last = isTidy ? offset === 16 : isLast;
        const length = isTidy ? (last ? 3 : 8) : units * 8 + odd;
        const payload = new Uint8Array(length).fill(octet);
        const frame = fragment({ identification: packet, offset, payload, isLast: last });
        const have = bench.receive(frame);
        const want = oracle.receive(bench.now, packet, offset, payload, last);
        if (typeof have !== 'string') wholes++;
        expect(typeof have === 'string' ? have : messageOf(have)).toEqual(want);
      }
    }),
    { numRuns: 1500, seed: 42 },
  );
  expect(wholes).toBeGreaterThan(250);
});

/** Packets as lists of octets and runs, by the letter of ip_frag_queue(). */
class Oracle {
  readonly packets = new Map<
    number,
    { since: number; octets: number[]; end?: number; runs: [number, number][] }
  >();

  receive(
    now: number,
    id: number,
    offset: number,
    payload: Uint8Array,
    isLast: boolean,
  ): string | Uint8Array {
    for (const [key, { since }] of this.packets) if (now - since >= TIMEOUT_NS) this.packets.delete(key);
    const packet = this.packets.get(id) ?? { since: now, octets: [], runs: [] };
    this.packets.set(id, packet);
    const octets = isLast ? [...payload] : [...payload].slice(0, payload.length - (payload.length % 8));
    const end = offset + octets.length;
    const reached = packet.octets.length;
    const refuse = (reason: string) => {
      this.packets.delete(id);
      return reason;
    };
    if (octets.length === 0) return refuse('fragment-malformed');
    if (isLast && (end < reached || (packet.end !== undefined && packet.end !== end)))
      return refuse('fragment-malformed');
    if (!isLast && packet.end !== undefined && end > packet.end) return refuse('fragment-malformed');
    if (isLast) packet.end = end;
    const met = packet.runs.filter(([a, b]) => offset < b && a < end);
    const isInside = met.length === 1 && met[0]![0] <= offset && end <= met[0]![1];
    if (isInside) return 'fragment-duplicate';
    if (met.length > 0) return refuse('fragment-overlap');
    const tail = packet.runs.find(([, b]) => b === reached);
    if (tail && offset === reached) tail[1] = end;
    else packet.runs.push([offset, end]);
    octets.forEach((octet, i) => {
      packet.octets[offset + i] = octet;
    });
    const isWhole =
      packet.end !== undefined && Array.from(packet.octets).every((octet) => octet !== undefined);
    if (!isWhole || packet.octets.length !== packet.end) return 'kept';
    this.packets.delete(id);
    return Uint8Array.from(packet.octets);
  }
}
