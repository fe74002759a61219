// RFC 791 §3.1, IPv4 options. A host returns record route and timestamp in an echo reply, continued (RFC 1122 §3.2.2.6).
// `at` is the first octet of the options, `headerEnd` the first of the payload. What is accepted and what comes back is what
// Linux 6.18 accepts and sends (net/ipv4/ip_options.c), octet for octet; test/wire/options.test.ts holds its answers.
import { Drop } from '../drop.js';

export const Option = {
  End: 0,
  Nop: 1,
  RecordRoute: 7,
  Timestamp: 68,
  LooseSourceRoute: 131,
  /** CIPSO, FIPS 188. */
  CommercialSecurity: 134,
  StrictSourceRoute: 137,
  RouterAlert: 148,
} as const;

/** Octets of a router alert (RFC 2113). */
export const ROUTER_ALERT = 4;

const MAX_OPTIONS_LENGTH = 40;
/** Of the kind: the option is in every fragment. */
const COPIED = 0x80;
const LENGTH = 1;
const POINTER = 2;
const FLAGS = 3;
/** No octet of an option. */
const NONE = -1;
/** CIPSO: domain of interpretation; CIPSO_V4_OPT_LEN_MIN. */
const DOMAIN = 2;
const MIN_CIPSO = 8;
const FLAG_MASK = 0x0f;
const OVERFLOW_SHIFT = 4;
const MAX_OVERFLOW = 15;
/** Timestamp flags of RFC 791: times only; address and time; the sender named the addresses. */
const TimestampFlag = { Only: 0, WithAddress: 1, Prespecified: 3 } as const;
/** Octets of an entry: an address or a time, or both. */
const WORD = 4;
const PAIR = 8;

/** The reply's options are put together here, as their order may change; there is one out-of-band thread, so one is enough. */
const reply = new DataView(new ArrayBuffer(MAX_OPTIONS_LENGTH));

/** 0, or Drop.Ipv4BadOptions where Linux drops. */
export const checkOptions = (v: DataView, at: number, headerEnd: number): Drop =>
  optionProblem(v, at, headerEnd) === 0 ? Drop.None : Drop.Ipv4BadOptions;

/**
 * The octet that is wrong, as __ip_options_compile() finds it and Linux tells the sender; 0: none; -1 where Linux drops without a word: a source
 * route (accept_source_route is 0). CIPSO is wrong as no domain of interpretation is known here. What is unknown is passed over.
 */
export const optionProblem = (v: DataView, at: number, headerEnd: number): number => {
  let hasRoute = false;
  let hasTimestamp = false;
  while (at < headerEnd) {
    const kind = v.getUint8(at);
    if (kind === Option.End) return 0;
    if (kind === Option.Nop) {
      at++;
      continue;
    }
    const length = optionLength(v, at, headerEnd);
    if (length === 0) return at;
    let wrong = NONE;
    switch (kind) {
      case Option.RecordRoute:
        wrong = hasRoute ? 0 : wrongInRoute(v, at, length);
        hasRoute = true;
        break;
      case Option.Timestamp:
        wrong = hasTimestamp ? 0 : wrongInTimestamp(v, at, length);
        hasTimestamp = true;
        break;
      case Option.RouterAlert:
        if (length < ROUTER_ALERT) wrong = LENGTH;
        break;
      case Option.LooseSourceRoute:
      case Option.StrictSourceRoute:
        if (length < 3) wrong = LENGTH;
        else if (v.getUint8(at + POINTER) < 4) wrong = POINTER;
        else return -1;
        break;
      case Option.CommercialSecurity:
        wrong = length < MIN_CIPSO ? LENGTH : DOMAIN;
        break;
    }
    if (wrong !== NONE) return at + wrong;
    at += length;
  }
  return 0;
};

/** Of options that are wrong at `octet`, ends them before the option that it is in. */
export const endBefore = (v: DataView, at: number, headerEnd: number, octet: number): void => {
  while (at < octet) {
    const length = v.getUint8(at) === Option.Nop ? 1 : v.getUint8(at + LENGTH);
    if (at + length > octet) break;
    at += length;
  }
  while (at < headerEnd) v.setUint8(at++, Option.End);
};

/** RFC 2113: routers shall look at the packet. */
export const writeRouterAlert = (v: DataView, at: number): void =>
  v.setUint32(at, (Option.RouterAlert << 24) | (ROUTER_ALERT << 16));

/**
 * Replaces checked options by those of the echo reply and returns their length, a multiple of 4, or -1 where the host
 * cannot answer (room for half an entry: Linux stays silent too). Record route comes first, timestamp next, nothing
 * else comes back, so the header may get shorter. The options end where they ended, right before the payload:
 *
 *   before  | Ethernet, tags | IPv4 header | NOP RR … TS … router alert | payload
 *   after   | Ethernet, tags | IPv4 header | ... free ... | RR … TS … 0 | payload
 *
 * The caller closes the gap (octets.moveUp) and sets IHL, total length and checksum. `broadcast` is the subnet's.
 */
export const echoOptions = (
  v: DataView,
  at: number,
  headerEnd: number,
  ownAddress: number,
  millisecondsSinceMidnightUtc: number,
  broadcast = 0xffff_ffff,
): number => {
  const route = find(v, at, headerEnd, Option.RecordRoute);
  const timestamp = find(v, at, headerEnd, Option.Timestamp);
  let length = 0;
  if (route >= 0) {
    length = copy(v, route, 0);
    if (!recordRoute(ownAddress)) return -1;
  }
  if (timestamp >= 0) {
    const base = length;
    length = copy(v, timestamp, base);
    if (!recordTimestamp(base, ownAddress, millisecondsSinceMidnightUtc, broadcast)) return -1;
  }
  while ((length & 3) !== 0) reply.setUint8(length++, Option.End);
  for (let i = 0; i < length; i += WORD) v.setUint32(headerEnd - length + i, reply.getUint32(i));
  return length;
};

/** What fragments but the first carry of checked options: in the place of the others no operation, as ip_options_fragment() leaves it. */
export const clearUncopied = (v: DataView, at: number, headerEnd: number): void => {
  while (at < headerEnd) {
    const kind = v.getUint8(at);
    if (kind === Option.End) return;
    const length = kind === Option.Nop ? 1 : v.getUint8(at + LENGTH);
    if ((kind & COPIED) === 0) for (let i = 0; i < length; i++) v.setUint8(at + i, Option.Nop);
    at += length;
  }
};

/** 0 if the option at `at` is cut short. */
function optionLength(v: DataView, at: number, headerEnd: number): number {
  if (headerEnd - at < 2) return 0;
  const length = v.getUint8(at + LENGTH);
  return length < 2 || length > headerEnd - at ? 0 : length;
}

/** RFC 791: the pointer counts from 1, so the first entry of an empty record is at 4. Beyond the end means full. */
function wrongInRoute(v: DataView, at: number, length: number): number {
  if (length < 3) return LENGTH;
  const pointer = v.getUint8(at + POINTER);
  return pointer >= 4 && (pointer > length || hasRoom(pointer, WORD, length)) ? NONE : POINTER;
}

function wrongInTimestamp(v: DataView, at: number, length: number): number {
  if (length < 4) return LENGTH;
  const pointer = v.getUint8(at + POINTER);
  if (pointer < 5) return POINTER;
  const flags = v.getUint8(at + FLAGS);
  const flag = flags & FLAG_MASK;
  if (pointer > length)
    return flag === TimestampFlag.Prespecified || flags >> OVERFLOW_SHIFT < MAX_OVERFLOW ? NONE : FLAGS;
  const entry = flag === TimestampFlag.WithAddress || flag === TimestampFlag.Prespecified ? PAIR : WORD;
  return hasRoom(pointer, entry, length) ? NONE : POINTER;
}

const hasRoom = (pointer: number, octets: number, length: number): boolean => pointer + octets - 1 <= length;

/** Where the option begins in checked options, or -1. */
function find(v: DataView, at: number, headerEnd: number, wanted: number): number {
  while (at < headerEnd) {
    const kind = v.getUint8(at);
    if (kind === wanted) return at;
    if (kind === Option.End) return -1;
    at += kind === Option.Nop ? 1 : v.getUint8(at + LENGTH);
  }
  return -1;
}

function copy(v: DataView, from: number, to: number): number {
  const length = v.getUint8(from + LENGTH);
  for (let i = 0; i < length; i++) reply.setUint8(to + i, v.getUint8(from + i));
  return to + length;
}

/** Linux records the address twice, as the packet comes in and as the reply goes out, but the second only after the first. */
function recordRoute(own: number): boolean {
  const length = reply.getUint8(LENGTH);
  let pointer = reply.getUint8(POINTER);
  for (let pass = 0; pass < 2 && pointer <= length; pass++) {
    if (!hasRoom(pointer, WORD, length)) return false;
    reply.setUint32(pointer - 1, own);
    pointer += WORD;
  }
  reply.setUint8(POINTER, pointer);
  return true;
}

/** As recordRoute; a full one counts the hop that found no room, once. */
function recordTimestamp(base: number, own: number, milliseconds: number, broadcast: number): boolean {
  const length = reply.getUint8(base + LENGTH);
  const flags = reply.getUint8(base + FLAGS);
  const flag = flags & FLAG_MASK;
  let pointer = reply.getUint8(base + POINTER);
  if (pointer > length) {
    if (flag !== TimestampFlag.Prespecified)
      reply.setUint8(base + FLAGS, flag | (((flags >> OVERFLOW_SHIFT) + 1) << OVERFLOW_SHIFT));
    return true;
  }
  for (let pass = 0; pass < 2 && pointer <= length; pass++) {
    const entry = base + pointer - 1;
    if (flag === TimestampFlag.Only) {
      if (!hasRoom(pointer, WORD, length)) return false;
      reply.setUint32(entry, milliseconds);
      pointer += WORD;
    } else if (flag === TimestampFlag.WithAddress) {
      if (!hasRoom(pointer, PAIR, length)) return false;
      reply.setUint32(entry, own);
      reply.setUint32(entry + WORD, milliseconds);
      pointer += PAIR;
    } else if (flag === TimestampFlag.Prespecified) {
      if (!hasRoom(pointer, WORD, length)) return false;
      if (!hasRoom(pointer, PAIR, length) || !isOurs(reply.getUint32(entry), own, broadcast)) break;
      reply.setUint32(entry + WORD, milliseconds);
      pointer += PAIR;
    } else break;
  }
  reply.setUint8(base + POINTER, pointer);
  return true;
}

/** Linux inet_addr_type() !== RTN_UNICAST: also what the host hears as broadcast, multicast and loopback. */
const isOurs = (address: number, own: number, broadcast: number): boolean =>
  address === own ||
  address === broadcast ||
  address === 0xffff_ffff ||
  address === 0 ||
  address >>> 24 === 127 ||
  address >>> 28 === 0xe;
