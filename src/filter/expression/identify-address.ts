// Addresses at the end of a primitive: Ethernet, IPv4 and IPv6, with masks where a network is meant.
import { formatIpv4, readIpv4 } from '../../wire/address.js';
import { readIpv6 } from '../../wire/ipv6-address.js';
import { ALL_BITS, type Condition } from './condition.js';
import { type Carrier, type Ipv4Range, type Ipv6Range, ipv4Address, ipv6Address } from './internet.js';
import { etherAddress, type Layers } from './link.js';
import type { Qualifiers } from './qualifiers.js';
import type { Reader } from './reader.js';
import type { Token } from './token.js';

export function identifyAddress(reader: Reader, said: Qualifiers, layers: Layers): Condition {
  const { protocol: carrier, direction = 'src or dst', type = 'host' } = said;
  const isEther = carrier === 'ether';
  reader.refuseName('an address', type === 'net' ? 'networks' : isEther ? 'ethers' : 'hosts');
  const token = reader.peek();
  if (token.kind === 'number' && type !== 'net')
    throw reader.error(
      token,
      `${token.text} is not an address`,
      `write port ${token.text}, or net ${token.text}`,
    );
  if (isEther !== (token.kind === 'mac') || (isEther && type !== 'host')) {
    if (token.kind === 'mac')
      throw reader.error(token, `${token.text} is an Ethernet address`, `write ether host ${token.text}`);
    if (isEther) reader.unexpected('an Ethernet address');
  }
  switch (token.kind) {
    case 'mac':
      return etherAddress(macOf(reader.take()), direction);
    case 'ipv6': {
      if (carrier !== undefined && carrier !== 'ip6')
        throw reader.error(token, `${token.text} is an IPv6 address: "${carrier}" has none`);
      return ipv6Address(layers, ipv6Range(reader, type), direction);
    }
    case 'ipv4':
    case 'number': {
      if (carrier !== undefined && !isCarrier(carrier))
        throw reader.error(
          token,
          `${token.text} is an IPv4 address: "${carrier}" has none`,
          `write ${carrier} and host`,
        );
      const carriers: Carrier[] = carrier === undefined ? ['ip', 'arp', 'rarp'] : [carrier];
      return ipv4Address(layers, ipv4Range(reader, type), direction, carriers);
    }
    default:
      return reader.unexpected('an address');
  }
}

const isCarrier = (name: string): name is Carrier => /^(ip|arp|rarp)$/.test(name);

function macOf(token: Token): { hi: number; lo: number } {
  const parts = token.text.split(/[:.-]/);
  const width = parts.length === 6 ? 2 : 4;
  const digits = parts.map((part) => part.padStart(width, '0')).join('');
  return { hi: Number.parseInt(digits.slice(0, 4), 16), lo: Number.parseInt(digits.slice(4), 16) };
}

/** `A.B.C.D`, or the first octets of it, with `/LENGTH` or `mask A.B.C.D`. */
function ipv4Range(reader: Reader, type: string): Ipv4Range {
  const token = reader.take();
  const octets = token.text.split('.');
  const start = readIpv4([...octets, ...Array(4 - octets.length).fill('0')].join('.'));
  // Of a single number, as many octets as it has: `net 10` is 10.0.0.0/8.
  const isNumber = token.kind === 'number';
  if (start === undefined && !isNumber)
    throw reader.error(token, `${token.text} is not an IPv4 address`, 'write four numbers from 0 to 255');
  const shift = isNumber && token.value !== 0 ? Math.floor(Math.clz32(token.value) / 8) * 8 : 0;
  const address = isNumber ? (token.value << shift) >>> 0 : start!;
  const slash = reader.skip('/');
  const word = slash === undefined ? reader.skip('mask') : undefined;
  if (slash === undefined && word === undefined) {
    const length = isNumber ? 32 - shift : octets.length * 8;
    return { address, mask: prefixMask(length) };
  }
  const end = reader.expect(slash ? 'number' : 'ipv4', slash ? 'a prefix length' : 'a netmask');
  const span = reader.since(token);
  const said = reader.text.slice(span.at, span.end);
  if (type !== 'net') throw reader.error(span, 'a host has no mask', `write net ${said}`);
  if (slash && end.value > 32) throw reader.error(end, 'the prefix length is beyond 32');
  const mask = slash ? prefixMask(end.value) : readIpv4(end.text);
  if (mask === undefined)
    throw reader.error(end, `${end.text} is not a netmask`, 'write it as 255.255.255.0');
  if ((address & ~mask) !== 0)
    throw reader.error(
      span,
      'the address has bits outside of its mask',
      `the network is ${formatIpv4((address & mask) >>> 0)}${said.slice(token.text.length)}`,
    );
  return { address, mask };
}

const prefixMask = (length: number): number => (length === 0 ? 0 : (ALL_BITS << (32 - length)) >>> 0);

function ipv6Range(reader: Reader, type: string): Ipv6Range {
  const token = reader.take();
  const words = readIpv6(token.text);
  if (words === undefined) throw reader.error(token, `${token.text} is not an IPv6 address`);
  const slash = reader.skip('/');
  const length = slash ? reader.expect('number', 'a prefix length') : undefined;
  const span = reader.since(token);
  if (length !== undefined && length.value > 128)
    throw reader.error(length, 'the prefix length is beyond 128');
  if (length !== undefined && length.value !== 128 && type !== 'net')
    throw reader.error(span, 'a host has no mask', `write net ${token.text}/${length.text}`);
  const masks = words.map((_, i) => prefixMask(Math.max(0, Math.min(32, (length?.value ?? 128) - i * 32))));
  if (words.some((word, i) => (word & ~masks[i]!) !== 0))
    throw reader.error(span, 'the address has bits outside of its mask');
  return { words, masks };
}
