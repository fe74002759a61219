// Addresses as text, for the edges: hot code knows only numbers. An IPv4 address is an unsigned number in host order
// (10.10.10.11 = 0x0a0a0a0b), a MAC address two numbers, its first 16 bits (hi) and its last 32 (lo).
import { usage } from '../errors.js';

export interface Prefix {
  address: number;
  /** 0 to 32. */
  length: number;
}

export interface Mac {
  hi: number;
  lo: number;
}

/** Dotted decimal, four numbers without leading zeros (RFC 6943 §3.1.1: `010` is octal to some); else undefined. */
export const readIpv4 = (text: string): number | undefined => {
  const octets = IPV4.exec(text)?.slice(1).map(Number);
  if (octets?.every((octet) => octet < 256) !== true) return undefined;
  return octets.reduce((address, octet) => address * 256 + octet, 0);
};

/** As readIpv4; throws EVL_ADDRESS. */
export const parseIpv4 = (text: string): number => {
  const address = readIpv4(text);
  if (address === undefined) throw wrong(text, 'not an IPv4 address', 'write it as 10.10.10.11');
  return address;
};

export const formatIpv4 = (address: number): string =>
  `${address >>> 24}.${(address >>> 16) & 0xff}.${(address >>> 8) & 0xff}.${address & 0xff}`;

/** `A/PLEN`; throws EVL_ADDRESS. */
export const parsePrefix = (text: string): Prefix => {
  const [, host, digits] = PREFIX.exec(text) ?? [];
  const address = host === undefined ? undefined : readIpv4(host);
  if (address === undefined)
    throw wrong(text, 'not an IPv4 address with a prefix length', 'write it as 10.10.10.11/24');
  const length = Number(digits);
  if (length > 32) throw wrong(text, 'the prefix length is beyond 32', 'write it as 10.10.10.11/24');
  return { address, length };
};

/** Six pairs of hexadecimal digits joined by colons; throws EVL_ADDRESS. */
export const parseMac = (text: string): Mac => {
  if (!MAC.test(text)) throw wrong(text, 'not a MAC address', 'write it as 02:fc:00:00:00:01');
  const digits = text.replaceAll(':', '');
  return { hi: Number.parseInt(digits.slice(0, 4), 16), lo: Number.parseInt(digits.slice(4), 16) };
};

export const formatMac = (hi: number, lo: number): string =>
  (hi * 2 ** 32 + lo)
    .toString(16)
    .padStart(12, '0')
    .replace(/..(?!$)/g, '$&:');

export const netmask = (length: number): number => (length === 0 ? 0 : (-1 << (32 - length)) >>> 0);

export const network = (address: number, length: number): number => (address & netmask(length)) >>> 0;

/** The directed broadcast address; 0xffffffff where the subnet has none (/31: RFC 3021, and /32). */
export const broadcast = (address: number, length: number): number =>
  length > 30 ? 0xffff_ffff : (address | ~netmask(length)) >>> 0;

export const isMulticast = (address: number): boolean => address >>> 28 === 0xe;

const IPV4 = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/;
const PREFIX = /^([\d.]+)\/(0|[1-9]\d?)$/;
const MAC = /^[\da-f]{2}(:[\da-f]{2}){5}$/i;

const wrong = (text: string, reason: string, hint: string) =>
  usage('EVL_ADDRESS', `argument "${text}" is wrong: ${reason}`, hint);
