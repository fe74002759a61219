// Messages of netlink(7) and their attributes: <linux/netlink.h>. Everything is in the byte order of the machine.

/** struct nlmsghdr. */
export const HEADER_LENGTH = 16;
const ATTRIBUTE_HEADER_LENGTH = 4;
const align = (length: number) => (length + 3) & ~3;
// NLA_F_NESTED and NLA_F_NET_BYTEORDER share the word with the type.
const ATTRIBUTE_TYPE = 0x3fff;

export const MessageType = { Error: 2, Done: 3 } as const;
export const MessageFlag = { Request: 1, Ack: 4, DumpInterrupted: 0x10, Dump: 0x300 } as const;
const ACK_CAPPED = 0x100;
const ACK_ATTRIBUTES = 0x200;
const ACK_ATTRIBUTE_TEXT = 1;

/** One message; `at` to `end` is what follows its header. */
export interface Message {
  type: number;
  flags: number;
  sequence: number;
  at: number;
  end: number;
}

/** The messages between `at` and `end`, up to the first that is cut short. */
export function* messages(view: DataView, at: number, end: number): Generator<Message> {
  for (let next = at; end - next >= HEADER_LENGTH; ) {
    const length = view.getUint32(next, true);
    if (length < HEADER_LENGTH || next + length > end) return;
    yield {
      type: view.getUint16(next + 4, true),
      flags: view.getUint16(next + 6, true),
      sequence: view.getUint32(next + 8, true),
      at: next + HEADER_LENGTH,
      end: next + length,
    };
    next += align(length);
  }
}

/** The attributes of a message or of another attribute. Asking for one that is missing or too short gives undefined. */
export interface Attributes {
  u8(type: number): number | undefined;
  u16(type: number): number | undefined;
  u32(type: number): number | undefined;
  /** In network byte order. */
  be16(type: number): number | undefined;
  be32(type: number): number | undefined;
  /** Up to the first NUL. */
  text(type: number): string | undefined;
  octets(type: number): Uint8Array | undefined;
  nested(type: number): Attributes;
}

/** The attributes between `at` and `end`, up to the first that is cut short; read them before the memory changes. */
export function attributes(view: DataView, at: number, end: number): Attributes {
  const places = new Map<number, [at: number, end: number]>();
  for (let next = at; end - next >= ATTRIBUTE_HEADER_LENGTH; ) {
    const length = view.getUint16(next, true);
    if (length < ATTRIBUTE_HEADER_LENGTH || next + length > end) break;
    const type = view.getUint16(next + 2, true) & ATTRIBUTE_TYPE;
    places.set(type, [next + ATTRIBUTE_HEADER_LENGTH, next + length]);
    next += align(length);
  }
  const number =
    (length: number, get: (at: number) => number) =>
    (type: number): number | undefined => {
      const [at, end] = places.get(type) ?? [0, 0];
      return end - at < length ? undefined : get(at);
    };
  const octets = (type: number) => {
    const place = places.get(type);
    return place && new Uint8Array(view.buffer, view.byteOffset + place[0], place[1] - place[0]).slice();
  };
  return {
    u8: number(1, (at) => view.getUint8(at)),
    u16: number(2, (at) => view.getUint16(at, true)),
    u32: number(4, (at) => view.getUint32(at, true)),
    be16: number(2, (at) => view.getUint16(at)),
    be32: number(4, (at) => view.getUint32(at)),
    octets,
    text: (type) => {
      const value = octets(type);
      return value && untilNul(value);
    },
    nested: (type) => attributes(view, ...(places.get(type) ?? ([0, 0] as const))),
  };
}

/** What an error or done message says: a positive errno, or 0 for success, and the kernel's own words if it has any. */
export function outcome(view: DataView, m: Message): { errno: number; reason?: string } {
  const errno = m.end - m.at >= 4 ? 0 - view.getInt32(m.at, true) : 0;
  if (errno === 0 || (m.flags & ACK_ATTRIBUTES) === 0) return { errno };
  // struct nlmsgerr: the error, then the request; all of that where it is not capped to its header.
  const request = m.flags & ACK_CAPPED ? HEADER_LENGTH : align(view.getUint32(m.at + 4, true));
  const words = m.at + 4 + (m.type === MessageType.Done ? 0 : request);
  const reason = attributes(view, words, m.end).text(ACK_ATTRIBUTE_TEXT);
  return reason === undefined ? { errno } : { errno, reason };
}

/** One message, header and all. */
export function message(type: number, flags: number, sequence: number, payload: Uint8Array): Uint8Array {
  const octets = new Uint8Array(HEADER_LENGTH + payload.length);
  const view = new DataView(octets.buffer);
  view.setUint32(0, octets.length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, flags, true);
  view.setUint32(8, sequence, true);
  octets.set(payload, HEADER_LENGTH);
  return octets;
}

/** One attribute, padded: a nested one takes several as its value. */
export function attribute(type: number, ...value: Uint8Array[]): Uint8Array {
  const length = value.reduce((sum, v) => sum + v.length, ATTRIBUTE_HEADER_LENGTH);
  const octets = new Uint8Array(align(length));
  const view = new DataView(octets.buffer);
  view.setUint16(0, length, true);
  view.setUint16(2, type, true);
  let at = ATTRIBUTE_HEADER_LENGTH;
  for (const v of value) {
    octets.set(v, at);
    at += v.length;
  }
  return octets;
}

export const u32 = (n: number): Uint8Array => new Uint8Array(new Uint32Array([n]).buffer);
/** With the NUL that the kernel wants. */
export const text = (s: string): Uint8Array => new TextEncoder().encode(`${s}\0`);

/** What a fixed-size field holds in front of its first NUL. */
export function untilNul(octets: Uint8Array): string {
  const length = octets.indexOf(0);
  return new TextDecoder().decode(length < 0 ? octets : octets.subarray(0, length));
}
