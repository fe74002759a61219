// draft-ietf-opsawg-pcapng, the writing half: one section, one Ethernet interface, time in nanoseconds; little-endian.
const SECTION = 0x0a0d0d0a;
const INTERFACE = 1;
const PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const LINKTYPE_ETHERNET = 1;
/** Options: the end of them, a comment; of an interface its name, and 10^-9 s as the unit of time; of a frame its flags. */
const Option = { End: 0, Comment: 1, Name: 2, Flags: 2, TimeUnit: 9 } as const;
const NANOSECONDS = 9;
/** epb_flags, bits 0 and 1. */
export const Direction = { Inbound: 1, Outbound: 2 } as const;
export type Direction = (typeof Direction)[keyof typeof Direction];

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const padded = (length: number): number => (length + 3) & ~3;

/** What a capture begins with. `ifname` is where its frames come from. */
export function pcapngHead(ifname: string): Uint8Array {
  const section = new DataView(new ArrayBuffer(16));
  section.setUint32(0, BYTE_ORDER_MAGIC, true);
  section.setUint16(4, 1, true);
  // How long the section is nobody knows yet.
  section.setBigInt64(8, -1n, true);
  const about = new DataView(new ArrayBuffer(8));
  about.setUint16(0, LINKTYPE_ETHERNET, true);
  return Buffer.concat([
    block(SECTION, [section]),
    block(INTERFACE, [
      about,
      option(Option.Name, text(ifname)),
      option(Option.TimeUnit, Uint8Array.of(NANOSECONDS)),
      option(Option.End),
    ]),
  ]);
}

/** A frame of `length` octets, of which `octets` are there; `timeNs` since 1970. */
export function pcapngFrame(
  octets: Uint8Array,
  length: number,
  timeNs: bigint,
  comment: string,
  direction: Direction,
): Uint8Array {
  const about = new DataView(new ArrayBuffer(20));
  about.setUint32(4, Number(timeNs >> 32n), true);
  about.setUint32(8, Number(timeNs & 0xffff_ffffn), true);
  about.setUint32(12, octets.length, true);
  about.setUint32(16, length, true);
  const flags = new Uint8Array(Uint32Array.of(direction).buffer);
  return block(PACKET, [
    about,
    octets,
    option(Option.Comment, text(comment)),
    option(Option.Flags, flags),
    option(Option.End),
  ]);
}

function option(code: number, value: Uint8Array = new Uint8Array()): Uint8Array {
  const octets = new Uint8Array(4 + padded(value.length));
  const view = new DataView(octets.buffer);
  view.setUint16(0, code, true);
  view.setUint16(2, value.length, true);
  octets.set(value, 4);
  return octets;
}

/** Each part begins at a multiple of four octets. */
function block(type: number, parts: readonly (Uint8Array | DataView)[]): Uint8Array {
  const length = 12 + parts.reduce((sum, part) => sum + padded(part.byteLength), 0);
  const octets = new Uint8Array(length);
  const view = new DataView(octets.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, length, true);
  let at = 8;
  for (const part of parts) {
    octets.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
    at += padded(part.byteLength);
  }
  view.setUint32(length - 4, length, true);
  return octets;
}
