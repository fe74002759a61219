// The address or number at the end of a primitive, by what was said before it.
import { type Condition, type Link, not } from './condition.js';
import { identifyAddress } from './identify-address.js';
import { port, protocol, type Transport } from './internet.js';
import { type Layers, linkType } from './link.js';
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
  const transports = TRANSPORTS.filter((name) => carrier === undefined || name === carrier);
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
  reader.refuseName(wanted, 'services');
  const number = portNumber(reader, token, reader.expect('number', wanted).value);
  return port(layers, { first: number, last: number }, direction, transports);
}

const TRANSPORTS: readonly Transport[] = ['sctp', 'tcp', 'udp'];

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
