// Says what a frame must be, from the outermost header in: expectFrame(bytes).vlan({vid: 42}).ipv4({ttl: 64}).icmp({type: 0}).
// Reads by naive code of its own; every header met has its length and checksum verified whether asked for or not.
import { print } from '../src/wire/print.js';
import { naiveChecksum, octets } from './build-frame.js';

interface Ethernet {
  destination?: string;
  source?: string;
  ethertype?: number;
  /** Of the whole frame. */
  length?: number;
}
interface Vlan {
  vid?: number;
  pcp?: number;
  dei?: boolean;
  tpid?: number;
}
interface Ipv4 {
  source?: string;
  destination?: string;
  tos?: number;
  totalLength?: number;
  identification?: number;
  dontFragment?: boolean;
  ttl?: number;
  protocol?: number;
  /** Hexadecimal; '' for none. */
  options?: string;
}
interface Icmp {
  type?: number;
  code?: number;
  identifier?: number;
  sequence?: number;
}
interface Udp {
  sourcePort?: number;
  destinationPort?: number;
  length?: number;
}
interface Arp {
  operation?: number;
  sender?: string;
  senderAddress?: string;
  target?: string;
  targetAddress?: string;
}

export const expectFrame = (frame: Uint8Array): FrameExpectation => new FrameExpectation(frame);

export class FrameExpectation {
  readonly #frame: Uint8Array;
  /** Where the next header begins, what announces it, and where its layer ends. */
  #at = 14;
  #next: string;
  #end: number;
  #addresses: number[] = [];

  constructor(frame: Uint8Array) {
    this.#frame = frame;
    this.#end = frame.length;
    if (frame.length < 14) this.#fail(`frame has ${frame.length} octets, wanted an Ethernet header`);
    this.#next = ethertypeName(this.#word(12));
  }

  ethernet(want: Ethernet): this {
    return this.#compare('ethernet', want, {
      destination: this.#mac(0),
      source: this.#mac(6),
      ethertype: this.#word(12),
      length: this.#frame.length,
    });
  }

  /** The next tag; once for each, the outer one first. */
  vlan(want: Vlan): this {
    this.#enter('vlan', 4);
    const tci = this.#word(this.#at);
    this.#compare('vlan', want, {
      vid: tci % 4096,
      pcp: Math.floor(tci / 0x2000),
      dei: Math.floor(tci / 0x1000) % 2 === 1,
      tpid: this.#word(this.#at - 2),
    });
    this.#at += 4;
    this.#next = ethertypeName(this.#word(this.#at - 2));
    return this;
  }

  ipv4(want: Ipv4): this {
    this.#enter('ipv4', 20);
    const at = this.#at;
    const header = (this.#octet(at) % 16) * 4;
    const totalLength = this.#word(at + 2);
    if (header < 20 || header > totalLength || totalLength > this.#end - at)
      this.#fail(
        `ipv4: header ${header} and total length ${totalLength} do not fit ${this.#end - at} octets`,
      );
    this.#verify('ipv4', this.#slice(at, at + header));
    this.#end = at + totalLength;
    this.#addresses = this.#slice(at + 12, at + 20);
    this.#compare(
      'ipv4',
      want.options === undefined ? want : { ...want, options: hex([...octets(want.options)]) },
      {
        source: this.#address(at + 12),
        destination: this.#address(at + 16),
        tos: this.#octet(at + 1),
        totalLength,
        identification: this.#word(at + 4),
        dontFragment: Math.floor(this.#octet(at + 6) / 0x40) % 2 === 1,
        ttl: this.#octet(at + 8),
        protocol: this.#octet(at + 9),
        options: hex(this.#slice(at + 20, at + header)),
      },
    );
    const isFragment = this.#word(at + 6) % 0x4000 !== 0;
    this.#next = isFragment ? 'a fragment' : (PROTOCOLS.get(this.#octet(at + 9)) ?? 'unknown');
    this.#at += header;
    return this;
  }

  icmp(want: Icmp): this {
    this.#enter('icmp', 8);
    const at = this.#at;
    this.#verify('icmp', this.#slice(at, this.#end));
    this.#at += 8;
    this.#next = 'payload';
    return this.#compare('icmp', want, {
      type: this.#octet(at),
      code: this.#octet(at + 1),
      identifier: this.#word(at + 4),
      sequence: this.#word(at + 6),
    });
  }

  /** The checksum may be absent (0). */
  udp(want: Udp): this {
    this.#enter('udp', 8);
    const at = this.#at;
    const length = this.#word(at + 4);
    if (length < 8 || length > this.#end - at)
      this.#fail(`udp: length ${length} in ${this.#end - at} octets`);
    const datagram = this.#slice(at, at + length);
    const pseudo = [...this.#addresses, 0, 17, ...datagram.slice(4, 6)];
    if (this.#word(at + 6) !== 0) this.#verify('udp', [...pseudo, ...datagram]);
    this.#end = at + length;
    this.#at += 8;
    this.#next = 'payload';
    return this.#compare('udp', want, {
      sourcePort: this.#word(at),
      destinationPort: this.#word(at + 2),
      length,
    });
  }

  arp(want: Arp): this {
    this.#enter('arp', 28);
    const at = this.#at;
    if (hex(this.#slice(at, at + 6)) !== '000108000604') this.#fail('arp: not Ethernet and IPv4');
    return this.#compare('arp', want, {
      operation: this.#word(at + 6),
      sender: this.#mac(at + 8),
      senderAddress: this.#address(at + 14),
      target: this.#mac(at + 18),
      targetAddress: this.#address(at + 24),
    });
  }

  /** What is left of the innermost header's packet, exactly; padding of the frame is not part of it. */
  payload(want: Uint8Array | string): this {
    const wanted = hex([...(typeof want === 'string' ? new TextEncoder().encode(want) : want)]);
    const have = hex(this.#slice(this.#at, this.#end));
    if (have !== wanted) this.#fail(`payload: want ${wanted}, have ${have}`);
    return this;
  }

  #enter(header: string, length: number): void {
    if (this.#next !== header) this.#fail(`want ${header}, have ${this.#next}`);
    if (this.#end - this.#at < length) this.#fail(`${header} is cut short`);
  }

  #compare(header: string, want: object, have: Record<string, unknown>): this {
    for (const [field, value] of Object.entries(want))
      if (value !== have[field]) this.#fail(`${header} ${field}: want ${value}, have ${have[field]}`);
    return this;
  }

  /** With its checksum in place, a right message sums to all ones. */
  #verify(header: string, message: number[]): void {
    if (naiveChecksum(message) !== 0) this.#fail(`${header} checksum is wrong`);
  }

  #fail(reason: string): never {
    const view = new DataView(this.#frame.buffer, this.#frame.byteOffset, this.#frame.length);
    throw new Error(`${reason}\n${print(view, 0, this.#frame.length)}`);
  }

  #octet = (at: number): number => this.#frame[at] ?? this.#fail(`nothing at octet ${at}`);
  #word = (at: number): number => this.#octet(at) * 256 + this.#octet(at + 1);
  #slice = (at: number, end: number): number[] => [...this.#frame.subarray(at, end)];
  #address = (at: number): string => this.#slice(at, at + 4).join('.');
  #mac = (at: number): string =>
    this.#slice(at, at + 6)
      .map((octet) => hex([octet]))
      .join(':');
}

const PROTOCOLS = new Map([
  [1, 'icmp'],
  [17, 'udp'],
]);

const ethertypeName = (ethertype: number): string =>
  ETHERTYPES.get(ethertype) ?? `ethertype 0x${ethertype.toString(16)}`;

const ETHERTYPES = new Map([
  [0x0800, 'ipv4'],
  [0x0806, 'arp'],
  [0x8100, 'vlan'],
  [0x88a8, 'vlan'],
]);

const hex = (values: number[]): string => values.map((value) => value.toString(16).padStart(2, '0')).join('');
