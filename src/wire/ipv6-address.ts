// IPv6 addresses as text (RFC 4291 §2.2), for the edges: four words of 32 bits.
import { readIpv4 } from './address.js';

/** Eight groups of hexadecimal digits, `::` once for a run of zero ones, the last two perhaps as an IPv4 address; else undefined. */
export function readIpv6(text: string): [number, number, number, number] | undefined {
  const [head = '', tail, ...more] = withoutIpv4(text).split('::');
  if (more.length > 0) return undefined;
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = 8 - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...before, ...Array<string>(missing).fill('0'), ...after];
  if (!groups.every((group) => /^[\da-f]{1,4}$/i.test(group))) return undefined;
  const word = (i: number) =>
    Number.parseInt(groups[i]!, 16) * 0x1_0000 + Number.parseInt(groups[i + 1]!, 16);
  return [word(0), word(2), word(4), word(6)];
}

/** `::ffff:10.1.2.3` as `::ffff:a01:203`. */
function withoutIpv4(text: string): string {
  const [, head, dotted] = /^(.*:)(\d+(?:\.\d+){3})$/.exec(text) ?? [];
  const address = dotted === undefined ? undefined : readIpv4(dotted);
  if (address === undefined) return text;
  return `${head}${(address >>> 16).toString(16)}:${(address & 0xffff).toString(16)}`;
}
