// The address or number at the end of a primitive, by what was said before it.
import { formatIpv4, readIpv4 } from '../../wire/address.js';
import { readIpv6 } from '../../wire/ipv6-address.js';
import { ALL_BITS, type Condition, type Link, not } from './condition.js';
import {
  type Carrier,
  type Ipv4Range,
  ipv4Address,
  ipv6Address,
  port,
  protocol,
  type Transport,
} from './internet.js';
import { etherAddress, type Layers, linkType } from './link.js';
import type { Qualifiers } from './qualifiers.js';
import type { Reader } from './reader.js';
import type { Token } from './token.js';
import { ETHERTYPES, PROTOCOLS } from './words.js';

/** `[ not ] ID`, or such in parentheses with `and` and `or` between them. */
export function identify(reader: Reader, said: Qualifiers, layers: Layers): Condition {
  const token = reader.peek();
  if (reader.skip('not')) return not(reader.nested(token, () => identify(reader, said, layers)));
  if (reader.skip('(')) {
    const list = reader.nested(token, () => identifyList(reader, said, layers));
    reader.close(token, ')');
    return list;
  }
  switch (said.type) {
    case 'port':
    case 'portrange':
      return identifyPort(reader, said, layers);
    case 'proto':
      return identifyProtocol(reader, said, layers);
    default:
      return identifyAddress(reader, said, layers);
  }
}

function identifyList(reader: Reader, said: Qualifiers, layers: Layers): Condition {
  const first = identify(reader, said, layers);
  const rest: Link[] = [];
  for (let join = reader.skip('and', 'or'); join; join = reader.skip('and', 'or'))
    rest.push({ join: join.text as Link['join'], condition: identify(reader, said, layers) });
  return rest.length === 0 ? first : { kind: 'chain', first, rest };
}

function identifyPort(reader: Reader, said: Qualifiers, layers: Layers): Condition {
  const { protocol: carrier, direction = 'src or dst', type } = said;
  const token = reader.peek();
  const transports: Transport[] =
    carrier === undefined
      ? ['sctp', 'tcp', 'udp']
      : ['sctp', 'tcp', 'udp'].filter(isTransport).filter((t) => t === carrier);
  if (transports.length === 0)
    throw reader.error(token, `"${carrier}" has no ports`, `write ${carrier} and ${type} ${token.text}`);
  const [, low, high] = /^(\d+)-(\d+)$/.exec(type === 'portrange' ? token.text : '') ?? [];
  if (low !== undefined && high !== undefined) {
    reader.take();
    const [first, last] = [portNumber(reader, token, Number(low)), portNumber(reader, token, Number(high))];
    // As in libpcap, a range may be said backwards.
    return port(layers, { first: Math.min(first, last), last: Math.max(first, last) }, direction, transports);
  }
  const wanted = type === 'port' ? 'a port number' : 'a range of ports, as 6000-6008,';
  refuseName(reader, wanted, 'services');
  const number = portNumber(reader, token, reader.expect('number', wanted).value);
  return port(layers, { first: number, last: number }, direction, transports);
}

const isTransport = (name: string): name is Transport => /^(tcp|udp|sctp)$/.test(name);

function portNumber(reader: Reader, token: Token, number: number): number {
  if (number > 0xffff) throw reader.error(token, `port ${number} does not exist`, 'ports go from 0 to 65535');
  return number;
}

function identifyProtocol(reader: Reader, said: Qualifiers, layers: Layers): Condition {
  const { protocol: carrier = 'both', direction } = said;
  const token = reader.take();
  const isLink = carrier === 'ether';
  if (direction !== undefined) throw reader.error(token, `"${direction}" cannot be said of a protocol`);
  if (!isLink && carrier !== 'ip' && carrier !== 'ip6' && carrier !== 'both')
    throw reader.error(token, `"${carrier}" carries no other protocol`, 'ether, ip and ip6 do');
  const names = isLink ? ETHERTYPES : PROTOCOLS;
  const isName = token.kind === 'name' || token.kind === 'word';
  const number = isName ? names.get(token.text) : token.kind === 'number' ? token.value : undefined;
  if (number === undefined)
    throw reader.error(
      token,
      token.kind === 'end'
        ? 'it ends where a protocol should follow'
        : `"${token.text}" is not a protocol here`,
      `write its number, or one of ${[...names.keys()].join(', ')}`,
    );
  const most = isLink ? 0xffff : 0xff;
  if (number > most)
    throw reader.error(token, `protocol ${token.text} does not exist`, `it is at most ${most}`);
  if (!isLink) return protocol(layers, number, carrier);
  if (TWOFOLD.has(number))
    throw reader.error(token, `ether proto ${token.text} is not supported: it also comes in an 802.2 form`);
  return linkType(layers, number);
}

/** IPX, AppleTalk and its ARP: in Ethernet II and in 802.2 frames. */
const TWOFOLD = new Set([0xe0, 0x809b, 0x80f3]);

function identifyAddress(reader: Reader, said: Qualifiers, layers: Layers): Condition {
  const { protocol: carrier, direction = 'src or dst', type = 'host' } = said;
  const isEther = carrier === 'ether';
  refuseName(reader, 'an address', type === 'net' ? 'networks' : isEther ? 'ethers' : 'hosts');
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

/** What a name stands for may change while the filter runs, and a filter must mean the same on every machine. */
function refuseName(
  reader: Reader,
  wanted: string,
  database: 'hosts' | 'networks' | 'services' | 'ethers',
): void {
  const token = reader.peek();
  const isName = token.kind === 'name' || (token.kind === 'word' && !reader.isKnown(token));
  if (isName)
    throw reader.error(
      token,
      `"${token.text}" stands where ${wanted} should: names are not looked up`,
      /^\d+-\d+$/.test(token.text)
        ? `write portrange ${token.text}`
        : `"getent ${database} ${token.text}" tells what it stands for`,
    );
}

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

function ipv6Range(reader: Reader, type: string) {
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
