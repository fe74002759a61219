// Expressions by the grammar, at random, that libpcap accepts and means the same by.
import { ADDRESSES, ADDRESSES6, Dice, MACS, PORTS, VIDS } from './frames.js';

export function generate(count: number, seed: number): string[] {
  const dice = new Dice(seed);
  return Array.from({ length: count }, () => expression(dice, 3));
}

function expression(dice: Dice, depth: number): string {
  const terms = Array.from({ length: 1 + dice.below(4) }, () => term(dice, depth));
  return terms.reduce((whole, next) => `${whole} ${dice.pick(['and', 'or', '&&', '||'])} ${next}`);
}

function term(dice: Dice, depth: number): string {
  if (dice.chance(5)) return `${dice.pick(['not ', '! '])}${term(dice, depth)}`;
  if (depth > 0 && dice.chance(4)) return `(${expression(dice, depth - 1)})`;
  return dice.pick([primitive, primitive, relation])(dice);
}

const DIRECTIONS = ['', '', 'src ', 'dst ', 'src or dst ', 'src and dst '];

function primitive(dice: Dice): string {
  const direction = dice.pick(DIRECTIONS);
  const ports = () => `${dice.pick(PORTS)}${dice.chance(3) ? ` or ${dice.pick(PORTS)}` : ''}`;
  return dice.pick([
    () => dice.pick(['ip', 'ip6', 'arp', 'rarp', 'tcp', 'udp', 'sctp', 'icmp', 'icmp6', 'ah', 'esp', 'stp']),
    () => `${dice.pick(['', 'ip ', 'ip6 '])}proto ${dice.pick([1, 6, 17, 44, 58])}`,
    () => `ether proto ${dice.pick([0x800, 0x8100, 0x88a4, 0x42, 0xfe])}`,
    () => `${dice.pick(['', '', 'ip ', 'arp '])}${direction}host ${dice.pick(ADDRESSES)}`,
    () => `${direction}net ${dice.pick(['10', '10.1', '192.168.1.0/24', '128.0.0.0/1', '2001:db8::/32'])}`,
    () => `${direction}host ${dice.pick(ADDRESSES6)}`,
    () => `${dice.pick(['', 'tcp ', 'udp ', 'sctp '])}${direction}port ${ports()}`,
    () => `${dice.pick(['', 'tcp ', 'udp '])}${direction}portrange ${dice.pick(PORTS)}-${dice.pick(PORTS)}`,
    () => `ether ${dice.pick(['host', 'src', 'dst'])} ${dice.pick(MACS)}`,
    () => dice.pick(['broadcast', 'multicast', 'ip multicast', 'ip6 multicast']),
    () => dice.pick(['vlan', `vlan ${dice.pick(VIDS)}`]),
    () => `${dice.pick(['less', 'greater'])} ${40 + dice.below(40)}`,
  ])();
}

const RELATIONS = ['=', '!=', '<', '<=', '>', '>='];

/** One protocol a side: of a right operand, libpcap forgets what it needs. */
function relation(dice: Dice): string {
  const protocol = () => dice.pick(['ether', 'ip', 'ip', 'ip6', 'arp', 'tcp', 'udp', 'icmp', 'icmp6']);
  const right = dice.chance(2) ? String(dice.pick([0, 1, 5, 17, 64, 255, 1500, 0x45, 0x80000000])) : '';
  return `${value(dice, protocol(), 3)} ${dice.pick(RELATIONS)} ${right || value(dice, protocol(), 2)}`;
}

function value(dice: Dice, protocol: string, depth: number): string {
  if (depth === 0) return access(dice, protocol, 0);
  const of = () => value(dice, protocol, depth - 1);
  return dice.pick([
    () => access(dice, protocol, depth),
    () => access(dice, protocol, depth),
    () => `(${of()} ${dice.pick(['+', '-', '*', '/', '%', '&', '|', '^', '<<', '>>'])} ${of()})`,
    () => `(${of()} ${dice.pick(['&', '+', '-', '*', '>>', '/', '%'])} ${1 + dice.below(15)})`,
  ])();
}

function access(dice: Dice, protocol: string, depth: number): string {
  const size = dice.pick(['', ':1', ':2', ':4']);
  const offset =
    depth > 0 && dice.chance(3)
      ? `${value(dice, protocol, depth - 1)} & ${dice.pick([3, 15, 31])}`
      : dice.below(24);
  return `${protocol}[${offset}${size}]`;
}
