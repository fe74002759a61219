// Frames for tests from readable fields, by naive code that shares nothing with src/wire, so that each can find the other wrong.

export interface TagFields {
  vid: number;
  pcp?: number;
  dei?: boolean;
  /** Default 0x8100. */
  tpid?: number;
}

export interface Ipv4Fields {
  source?: string;
  destination?: string;
  tos?: number;
  ttl?: number;
  protocol?: number;
  identification?: number;
  /** The reserved bit, DF and MF as one number, 0 to 7. */
  flags?: number;
  /** In units of 8 octets, as on the wire. */
  fragmentOffset?: number;
  options?: Uint8Array | string;
  /** The rest only to make it wrong. */
  version?: number;
  ihl?: number;
  totalLength?: number;
  checksum?: number;
}

export interface IcmpFields {
  type?: number;
  code?: number;
  identifier?: number;
  sequence?: number;
  checksum?: number;
}

export interface UdpFields {
  sourcePort?: number;
  destinationPort?: number;
  length?: number;
  checksum?: number;
}

export interface ArpFields {
  operation?: number;
  sender?: string;
  senderAddress?: string;
  target?: string;
  targetAddress?: string;
}

export interface FrameFields {
  destination?: string;
  source?: string;
  tags?: TagFields[];
  /** Default: IPv4, or ARP where `arp` is given. */
  ethertype?: number;
  ipv4?: Ipv4Fields;
  icmp?: IcmpFields;
  udp?: UdpFields;
  arp?: ArpFields;
  payload?: Uint8Array | string;
  /** Zeros up to this length of the frame, as a sender pads to 60. */
  padTo?: number;
}

/** The peers of every example: the issuer asks, the responder is ours. */
export const ISSUER = { mac: '02:fc:00:00:00:02', address: '10.10.10.10' } as const;
export const RESPONDER = { mac: '02:fc:00:00:00:01', address: '10.10.10.11' } as const;

/** From issuer to responder, unless told otherwise; checksums and lengths are right, unless told otherwise. */
export function buildFrame(fields: FrameFields): Uint8Array {
  const body = fields.arp
    ? arpOctets(fields.arp)
    : fields.ipv4 || fields.icmp || fields.udp
      ? ipv4Octets(fields)
      : payloadOctets(fields);
  const frame = [
    ...macOctets(fields.destination ?? RESPONDER.mac),
    ...macOctets(fields.source ?? ISSUER.mac),
    ...(fields.tags ?? []).flatMap(({ vid, pcp = 0, dei = false, tpid = 0x8100 }) => [
      ...word(tpid),
      ...word(pcp * 0x2000 + (dei ? 0x1000 : 0) + vid),
    ]),
    ...word(fields.ethertype ?? (fields.arp ? 0x0806 : 0x0800)),
    ...body,
  ];
  while (frame.length < (fields.padTo ?? 0)) frame.push(0);
  return Uint8Array.from(frame);
}

/** The octets of readable hexadecimal: spaces, line ends and `# comment` to the end of a line are left out. */
export function octets(text: string): Uint8Array {
  const digits = text.replace(/#.*$/gm, '').replace(/\s+/g, '');
  if (!/^([\da-f]{2})*$/i.test(digits)) throw new Error(`not hexadecimal octets: ${digits}`);
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** RFC 1071 as it is written: the complement of the one's complement sum of 16-bit words, an odd end padded with zero. */
export function naiveChecksum(message: Iterable<number>): number {
  const bytes = [...message];
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) {
    sum += bytes[i]! * 256 + (bytes[i + 1] ?? 0);
    if (sum > 0xffff) sum -= 0xffff;
  }
  return 0xffff - sum;
}

export const addressOctets = (text: string): number[] => text.split('.').map(Number);
export const macOctets = (text: string): number[] => text.split(':').map((pair) => Number.parseInt(pair, 16));

const word = (value: number): number[] => [Math.floor(value / 256) % 256, value % 256];

function payloadOctets({ payload = new Uint8Array() }: FrameFields): number[] {
  return [...(typeof payload === 'string' ? new TextEncoder().encode(payload) : payload)];
}

function ipv4Octets(fields: FrameFields): number[] {
  const ip = fields.ipv4 ?? {};
  const source = addressOctets(ip.source ?? ISSUER.address);
  const destination = addressOctets(ip.destination ?? RESPONDER.address);
  const options = [...(typeof ip.options === 'string' ? octets(ip.options) : (ip.options ?? []))];
  const [protocol, payload] = fields.icmp
    ? [1, icmpOctets(fields)]
    : fields.udp
      ? [17, udpOctets(fields, [...source, ...destination])]
      : [0, payloadOctets(fields)];
  const header = (checksum: number) => [
    (ip.version ?? 4) * 16 + (ip.ihl ?? 5 + options.length / 4),
    ip.tos ?? 0,
    ...word(ip.totalLength ?? 20 + options.length + payload.length),
    ...word(ip.identification ?? 0x1234),
    ...word((ip.flags ?? 0) * 0x2000 + (ip.fragmentOffset ?? 0)),
    ip.ttl ?? 64,
    ip.protocol ?? protocol,
    ...word(checksum),
    ...source,
    ...destination,
    ...options,
  ];
  return [...header(ip.checksum ?? naiveChecksum(header(0))), ...payload];
}

function icmpOctets(fields: FrameFields): number[] {
  const icmp = fields.icmp ?? {};
  const message = (checksum: number) => [
    icmp.type ?? 8,
    icmp.code ?? 0,
    ...word(checksum),
    ...word(icmp.identifier ?? 7),
    ...word(icmp.sequence ?? 1),
    ...payloadOctets(fields),
  ];
  return message(icmp.checksum ?? naiveChecksum(message(0)));
}

function udpOctets(fields: FrameFields, addresses: number[]): number[] {
  const udp = fields.udp ?? {};
  const payload = payloadOctets(fields);
  const length = word(udp.length ?? 8 + payload.length);
  const datagram = (checksum: number) => [
    ...word(udp.sourcePort ?? 40000),
    ...word(udp.destinationPort ?? 42042),
    ...length,
    ...word(checksum),
    ...payload,
  ];
  // A checksum of 0 would say "none", so it is sent as its other form (RFC 768).
  const checksum = naiveChecksum([...addresses, 0, 17, ...length, ...datagram(0)]) || 0xffff;
  return datagram(udp.checksum ?? checksum);
}

function arpOctets(arp: ArpFields): number[] {
  return [
    ...[0, 1, 8, 0, 6, 4],
    ...word(arp.operation ?? 1),
    ...macOctets(arp.sender ?? ISSUER.mac),
    ...addressOctets(arp.senderAddress ?? ISSUER.address),
    ...macOctets(arp.target ?? '00:00:00:00:00:00'),
    ...addressOctets(arp.targetAddress ?? RESPONDER.address),
  ];
}
