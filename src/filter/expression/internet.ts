// Conditions on IPv4 (RFC 791), IPv6 (RFC 8200), ARP (RFC 826) and RARP (RFC 903), and on the ports behind them, as libpcap asks them.
import { ALL_BITS, all, any, type Condition, type Field, not, test } from './condition.js';
import { type Direction, inDirection, type Layers, linkType } from './link.js';
import { ETHERTYPES } from './words.js';

const IPV4 = 0x0800;
const IPV6 = 0x86dd;
/** Offsets in the header. */
const Ipv4 = { fragment: 6, protocol: 9, source: 12, destination: 16 } as const;
const Ipv6 = { nextHeader: 6, source: 8, destination: 24, end: 40 } as const;
/** With hardware addresses of 6 octets, the only ones that Ethernet has. */
const Arp = { source: 14, destination: 24 } as const;
const FRAGMENT_OFFSET = 0x1fff;
const FRAGMENT_HEADER = 44;
const PORTS_OF = { tcp: 6, udp: 17, sctp: 132 } as const;

export type Carrier = 'ip' | 'arp' | 'rarp';
export type Transport = keyof typeof PORTS_OF;

/** An IPv4 address under a mask. */
export interface Ipv4Range {
  readonly address: number;
  readonly mask: number;
}

/** Four words of 32 bits each. */
export interface Ipv6Range {
  readonly words: readonly number[];
  readonly masks: readonly number[];
}

export function ipv4Address(
  layers: Layers,
  range: Ipv4Range,
  direction: Direction,
  carriers: readonly Carrier[],
): Condition {
  return any(
    ...carriers.map((carrier) => {
      const header = carrier === 'ip' ? Ipv4 : Arp;
      const at = (offset: number) =>
        all(
          linkType(layers, ETHERTYPES.get(carrier)!),
          test({ offset: layers.network + offset, size: 4 }, range.address, range.mask),
        );
      return inDirection(direction, at(header.source), at(header.destination));
    }),
  );
}

export function ipv6Address(layers: Layers, { words, masks }: Ipv6Range, direction: Direction): Condition {
  const at = (offset: number) =>
    all(
      linkType(layers, IPV6),
      ...words.map((word, i) => test({ offset: layers.network + offset + i * 4, size: 4 }, word, masks[i])),
    );
  return inDirection(direction, at(Ipv6.source), at(Ipv6.destination));
}

/** The packet carries this protocol: in IPv6 as next header, or right behind a fragment header. */
export function protocol(layers: Layers, number: number, over: 'ip' | 'ip6' | 'both'): Condition {
  const octet = (offset: number, value: number) => test({ offset: layers.network + offset, size: 1 }, value);
  const inIpv4 = all(linkType(layers, IPV4), octet(Ipv4.protocol, number));
  const inIpv6 = all(
    linkType(layers, IPV6),
    any(
      octet(Ipv6.nextHeader, number),
      all(octet(Ipv6.nextHeader, FRAGMENT_HEADER), octet(Ipv6.end, number)),
    ),
  );
  if (over === 'both') return any(inIpv4, inIpv6);
  return over === 'ip' ? inIpv4 : inIpv6;
}

/** IPv6 with this protocol right behind its header. */
export const nextHeader = (layers: Layers, number: number): Condition =>
  all(linkType(layers, IPV6), test({ offset: layers.network + Ipv6.nextHeader, size: 1 }, number));

/** A port from `first` to `last`; only the first fragment of an IPv4 datagram has ports, and IPv6 only without extension headers. */
export function port(
  layers: Layers,
  range: { first: number; last: number },
  direction: Direction,
  transports: readonly Transport[],
): Condition {
  const between = (field: Field): Condition =>
    range.first === range.last
      ? test(field, range.first)
      : all(test(field, range.first, ALL_BITS, '>='), not(test(field, range.last, ALL_BITS, '>')));
  const ports = (base: Omit<Field, 'size'>) =>
    inDirection(
      direction,
      between({ ...base, size: 2 }),
      between({ ...base, offset: base.offset + 2, size: 2 }),
    );
  const carries = (offset: number) =>
    any(...transports.map((name) => test({ offset: layers.network + offset, size: 1 }, PORTS_OF[name])));
  return any(
    all(linkType(layers, IPV6), carries(Ipv6.nextHeader), ports({ offset: layers.network + Ipv6.end })),
    all(
      linkType(layers, IPV4),
      carries(Ipv4.protocol),
      isFirstFragment(layers),
      ports({ offset: 0, after: layers.network }),
    ),
  );
}

export const isFirstFragment = (layers: Layers): Condition =>
  test({ offset: layers.network + Ipv4.fragment, size: 2 }, 0, FRAGMENT_OFFSET);

export const ipv4Multicast = (layers: Layers): Condition =>
  all(
    linkType(layers, IPV4),
    test({ offset: layers.network + Ipv4.destination, size: 1 }, 0xe0, ALL_BITS, '>='),
  );

export const ipv6Multicast = (layers: Layers): Condition =>
  all(linkType(layers, IPV6), test({ offset: layers.network + Ipv6.destination, size: 1 }, 0xff));
