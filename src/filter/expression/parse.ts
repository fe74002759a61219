// The grammar of pcap-filter(7), by recursive descent; what it means is libpcap 1.10's on DLT_EN10MB.
import { JOINS, relation } from './arithmetic.js';
import { type Condition, type Link, not } from './condition.js';
import { identify } from './identify.js';
import { ipv4Multicast, ipv6Multicast, protocol } from './internet.js';
import { behindTag, etherBroadcast, etherMulticast, linkType, UNTAGGED, vlan } from './link.js';
import { type Qualifiers, qualifiers } from './qualifiers.js';
import { Reader } from './reader.js';
import { ETHERTYPES, LINK_WORDS, OVER, PROTOCOLS, QUALIFIERS } from './words.js';

/** What `text` asks of a frame; throws EVL_EXPRESSION. */
export function parse(text: string): Condition {
  const reader = new Reader(text);
  if (reader.peek().kind === 'end')
    throw reader.error(reader.peek(), 'it is empty', 'all VERDICT decides about every frame');
  const condition = new Parser(reader).expression();
  if (reader.peek().kind !== 'end') reader.unexpected('"and", "or" or the end');
  return condition;
}

class Parser {
  readonly #reader: Reader;
  #layers = UNTAGGED;
  /** Of the latest primitive, for a list that goes on with `or 123`; undefined where it takes none. */
  #latest: Qualifiers | undefined;
  /** The VID, where the latest primitive was a `vlan`. */
  #latestVid: string | undefined;

  constructor(reader: Reader) {
    this.#reader = reader;
  }

  expression(): Condition {
    const reader = this.#reader;
    const first = this.#term();
    const rest: Link[] = [];
    for (let join = reader.skip('and', 'or'); join; join = reader.skip('and', 'or')) {
      const condition = this.#startsIdentifier() ? this.#listed() : this.#term();
      rest.push({ join: join.text as Link['join'], condition });
    }
    return rest.length === 0 ? first : { kind: 'chain', first, rest };
  }

  #term(): Condition {
    const reader = this.#reader;
    const token = reader.peek();
    if (reader.skip('not')) return not(reader.nested(token, () => this.#term()));
    // In front of an operator or a comparison, a parenthesis holds a value.
    if (reader.is('(') && !JOINS.has(reader.afterGroup())) {
      const outer = this.#latest;
      reader.take();
      const inner = reader.nested(token, () => this.expression());
      reader.close(token, ')');
      // pcap-filter(7): what a list inside of the parentheses was about does not reach out of them.
      this.#latest = outer;
      return inner;
    }
    const of = this.#primitive();
    return { kind: 'said', span: reader.since(token), of };
  }

  #primitive(): Condition {
    const reader = this.#reader;
    const { kind, text } = reader.peek();
    const next = reader.peek(1);
    const isValue = kind === 'number' || text === '(' || text === '-' || text === 'len' || next.text === '[';
    this.#latest = undefined;
    this.#latestVid = undefined;
    if (isValue) return relation(reader, this.#layers);
    if (kind === 'ipv4' || kind === 'ipv6') reader.unexpected('a primitive', `host ${text}`);
    if (kind === 'mac') reader.unexpected('a primitive', `ether host ${text}`);
    if (reader.is('ether') && next.kind === 'mac')
      throw reader.error(next, '"host", "src" or "dst" is missing', `ether host ${next.text}`);
    if (reader.is('vlan')) return this.#vlan();
    if (reader.is('less', 'greater')) return this.#length();
    if (kind === 'word' && (LINK_WORDS.has(text) || OVER.has(text)) && !this.#isQualifier())
      return this.#abbreviation();
    const found = qualifiers(reader);
    if (reader.is('broadcast', 'multicast')) return this.#group(found);
    this.#latest = found;
    return identify(reader, found, this.#layers);
  }

  /** Is the protocol that comes next said of something else? */
  #isQualifier(): boolean {
    const { kind, text } = this.#reader.peek(1);
    return (
      QUALIFIERS.has(this.#reader.peek().text) &&
      kind === 'word' &&
      /^(src|dst|host|net|port|portrange|proto|protochain|gateway|broadcast|multicast)$/.test(text)
    );
  }

  #abbreviation(): Condition {
    const reader = this.#reader;
    const { text } = reader.take();
    const { kind, text: next } = reader.peek();
    if (kind === 'ipv4' || kind === 'ipv6') reader.unexpected('"and" or "or"', `${text} and host ${next}`);
    if (kind === 'number') reader.unexpected('"and" or "or"', `${text} and port ${next}`);
    const over = OVER.get(text);
    return over === undefined
      ? linkType(this.#layers, ETHERTYPES.get(text)!)
      : protocol(this.#layers, PROTOCOLS.get(text)!, over);
  }

  /** The tag that is asked for is behind those asked for before, and what follows is behind it: also where this one is one of several ways. */
  #vlan(): Condition {
    const reader = this.#reader;
    reader.take();
    const vid =
      reader.peek().kind === 'number' && !JOINS.has(reader.peek(1).text) ? reader.take() : undefined;
    if (vid !== undefined && vid.value > 0xfff)
      throw reader.error(vid, `VLAN ${vid.text} does not exist`, 'VIDs go from 0 to 4095');
    this.#latestVid = vid?.text;
    const condition = vlan(this.#layers, vid?.value);
    this.#layers = behindTag(this.#layers);
    return condition;
  }

  /** `less N` is `len <= N`, `greater N` is `len >= N`. */
  #length(): Condition {
    const reader = this.#reader;
    const isLess = reader.take().text === 'less';
    const { value } = reader.expect('number', 'a length in octets');
    const left = { kind: 'length' } as const;
    const right = { kind: 'number', value } as const;
    return isLess
      ? not({ kind: 'relation', compare: '>', left, right })
      : { kind: 'relation', compare: '>=', left, right };
  }

  #group({ protocol: over, direction, type }: Qualifiers): Condition {
    const reader = this.#reader;
    if (direction !== undefined || type !== undefined) reader.unexpected('an address or a number');
    const word = reader.take();
    const isBroadcast = word.text === 'broadcast';
    if (over === undefined || over === 'ether') return isBroadcast ? etherBroadcast() : etherMulticast();
    if (!isBroadcast && over === 'ip') return ipv4Multicast(this.#layers);
    if (!isBroadcast && over === 'ip6') return ipv6Multicast(this.#layers);
    if (over === 'ip')
      throw reader.error(
        word,
        '"ip broadcast" is not supported: a filter does not know the netmask of its interface',
        'write dst host with the broadcast address, or ether broadcast',
      );
    throw reader.error(word, `"${over} ${word.text}" does not exist`, `ether ${word.text}`);
  }

  /** After `and` or `or`: does a list go on (`port 53 or 123`), or does another primitive start? */
  #startsIdentifier(): boolean {
    const reader = this.#reader;
    let ahead = 0;
    let open = 0;
    for (; reader.peek(ahead).text === '(' || reader.peek(ahead).text === 'not'; ahead++)
      if (reader.peek(ahead).text === '(') open++;
    const { kind } = reader.peek(ahead);
    if (kind !== 'number') return kind === 'ipv4' || kind === 'ipv6' || kind === 'mac' || kind === 'name';
    ahead++;
    for (; open > 0 && reader.peek(ahead).text === ')'; ahead++) open--;
    return !JOINS.has(reader.peek(ahead).text);
  }

  #listed(): Condition {
    const reader = this.#reader;
    const token = reader.peek();
    const found = this.#latest;
    if (found === undefined) {
      reader.skip('not');
      const { text } = reader.peek();
      const field = `ether[${this.#layers.network - 4}:2] & 0xfff`;
      return reader.unexpected(
        'a primitive',
        this.#latestVid === undefined
          ? `say what ${text} is: host, net, port or proto`
          : `vlan and (${field} = ${this.#latestVid} or ${field} = ${text})`,
      );
    }
    const of = identify(reader, found, this.#layers);
    return { kind: 'said', span: reader.since(token), of };
  }
}
