// Frames as they should not be, among some that are right: what a filter and its translations must agree on. The same seed makes the
// same frames.
import { buildFrame, type FrameFields, octets, type TagFields } from '../build-frame.js';

/** mulberry32: whole numbers from 0 up to `below`. */
function random(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return Math.floor((((x ^ (x >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

const TAGS: TagFields[][] = [
  [],
  [],
  [],
  [{ vid: 42, pcp: 5 }],
  [{ vid: 43, dei: true }],
  [{ vid: 0, pcp: 7 }],
  [{ vid: 42, tpid: 0x88a8 }],
  [{ vid: 7, tpid: 0x88a8 }, { vid: 42 }],
  [{ vid: 42 }, { vid: 7 }],
  [{ vid: 1 }, { vid: 2 }, { vid: 42 }],
];
const DESTINATIONS = ['02:fc:00:00:00:01', '02:fc:00:00:00:09', 'ff:ff:ff:ff:ff:ff', '01:00:5e:00:00:fb'];
const ADDRESSES = ['10.10.10.10', '10.10.10.11', '192.0.2.200', '224.0.0.251', '255.255.255.255'];
const PORTS = [42042, 53, 7, 5000, 67, 65535];
const OPTIONS = ['', '', '94040000', '0707040000000000', '440c05010000000000000000', '01'.repeat(40)];
/** IPv6 UDP, LLDP, EtherCAT, PROFINET, PTP, and nothing that has a name. */
const ETHERTYPES = [0x86dd, 0x88cc, 0x88a4, 0x8892, 0x88f7, 0x1234, 0x0600, 0x05ff];
const IPV6_UDP =
  '60000000 0010 11 40 fe800000000000000000000000000001 ff0200000000000000000000000000fb 14e9 14e9 0010 0000 6162636465666768';
const VALUES = [0, 1, 0x7f, 0x80, 0xff, 0x08, 0x81, 0x88, 0xa8, 0x45, 0x11, 0x06];

/** Right frames of every kind that filters tell apart. */
function rightFrame(next: (below: number) => number): Uint8Array {
  const one = <T>(list: readonly T[]): T => list[next(list.length)]!;
  const payload = Uint8Array.from({ length: one([0, 1, 6, 18, 64, 300, 1400]) }, () => next(256));
  const common = { tags: one(TAGS), destination: one(DESTINATIONS), padTo: one([0, 60, 60]) };
  const ipv4 = {
    source: one(ADDRESSES),
    destination: one(ADDRESSES),
    tos: one([0, 0, 0xb8, 2]),
    ttl: one([64, 1, 255]),
    options: one(OPTIONS),
    flags: one([0, 2, 1]),
    fragmentOffset: one([0, 0, 0, 1, 185]),
  };
  const kinds: (() => FrameFields)[] = [
    () => ({ ipv4, udp: { destinationPort: one(PORTS), sourcePort: one(PORTS) }, payload }),
    () => ({ ipv4, udp: { destinationPort: one(PORTS), sourcePort: one(PORTS) }, payload }),
    () => ({ ipv4, icmp: { type: one([8, 0, 3, 11]) }, payload }),
    () => ({ ipv4: { ...ipv4, protocol: one([6, 6, 2, 132, 47]) }, payload: tcp(next, one(PORTS), payload) }),
    () => ({ arp: { operation: one([1, 2]) } }),
    () => ({ ethertype: one(ETHERTYPES), payload }),
    () => ({ ethertype: 0x86dd, payload: octets(IPV6_UDP) }),
    // IEEE 802.3 length instead of an ethertype: LLC, and Novell's raw form.
    () => ({ ethertype: 38, payload: octets(`4242030000000000${'00'.repeat(30)}`) }),
    () => ({ ethertype: 34, payload: octets(`ffff0022000100000000${'00'.repeat(24)}`) }),
  ];
  return buildFrame({ ...common, ...one(kinds)() });
}

function tcp(next: (below: number) => number, port: number, payload: Uint8Array): Uint8Array {
  const header = octets(`c350 ${port.toString(16).padStart(4, '0')} 00000001 00000000 50 02 ffff 0000 0000`);
  header[13] = next(64);
  return Uint8Array.of(...header, ...payload);
}

/** One to three things wrong with it. */
function mutate(frame: Uint8Array, next: (below: number) => number): Uint8Array {
  let changed = frame;
  for (let changes = 1 + next(3); changes > 0; changes--) {
    // Headers are where the decisions are.
    const at = next(next(4) === 0 ? changed.length : Math.min(changed.length, 60));
    switch (next(7)) {
      case 0:
        changed = changed.slice(0, Math.max(15, at));
        break;
      case 1:
        changed = Uint8Array.of(...changed, ...new Uint8Array(1 + next(100)));
        break;
      case 2:
        changed = Uint8Array.of(
          ...changed.subarray(0, 12),
          0x81,
          0,
          next(256),
          next(256),
          ...changed.subarray(12),
        );
        break;
      case 3:
        changed = Uint8Array.from(changed, (octet, i) => (i >= at && i < at + 8 ? next(256) : octet));
        break;
      case 4:
        changed = changed.with(at, VALUES[next(VALUES.length)]!);
        break;
      default:
        changed = changed.with(at, changed[at]! ^ (1 << next(8)));
    }
  }
  return changed;
}

/**
 * `count` frames of 15 to some 1,500 octets: one in four is right, one in sixteen noise, the others are right ones with
 * something changed: a header field, a tag, the length.
 */
export function* mutatedFrames(seed: number, count: number): Generator<Uint8Array> {
  const next = random(seed);
  for (let n = 0; n < count; n++) {
    const kind = next(16);
    if (kind === 0) yield Uint8Array.from({ length: 15 + next(120) }, () => next(256));
    else if (kind < 5) yield rightFrame(next);
    else yield mutate(rightFrame(next), next);
  }
}
