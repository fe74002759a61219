// Frames of every kind that an expression can ask for, from few addresses, ports and types, so that many of them match.

/** mulberry32: a number from 0 to 1, the same sequence for the same seed. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export class Dice {
  readonly #random: () => number;
  constructor(seed: number) {
    this.#random = random(seed);
  }
  /** From 0 to `sides` - 1. */
  below = (sides: number): number => Math.floor(this.#random() * sides);
  chance = (one: number): boolean => this.below(one) === 0;
  pick = <T>(from: readonly T[]): T => from[this.below(from.length)]!;
  octets = (count: number): number[] => Array.from({ length: count }, () => this.below(256));
}

export const MACS = ['02:fc:00:00:00:01', '02:fc:00:00:00:02', 'ff:ff:ff:ff:ff:ff', '01:00:5e:00:00:01'];
export const ADDRESSES = [
  '10.0.0.1',
  '10.1.2.3',
  '192.168.1.7',
  '128.0.0.1',
  '224.0.0.251',
  '255.255.255.255',
];
export const ADDRESSES6 = ['::1', 'fe80::1', 'ff02::1', '2001:db8::1', '2001:db8:0:1::ffff'];
export const PORTS = [0, 53, 80, 123, 5000, 5001, 65535];
export const VIDS = [0, 5, 42, 4095];
const TYPES = [0x88a4, 0x88cc, 0x8035, 0x9000, 0x8847, 0x0600];
const PROTOCOLS = [1, 2, 6, 17, 17, 17, 50, 51, 58, 103, 112, 132, 44, 253];

const word = (value: number): number[] => [value >> 8, value & 0xff];
const mac = (text: string): number[] => text.split(':').map((pair) => Number.parseInt(pair, 16));
const ipv4 = (text: string): number[] => text.split('.').map(Number);

function ipv6(text: string): number[] {
  const [head = '', tail = ''] = text.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':'));
  const missing = 8 - groups(head).length - groups(tail).length;
  return [...groups(head), ...Array<string>(missing).fill('0'), ...groups(tail)].flatMap((group) =>
    word(Number.parseInt(group, 16)),
  );
}

function transport(dice: Dice): number[] {
  return [...word(dice.pick(PORTS)), ...word(dice.pick(PORTS)), ...dice.octets(dice.below(40))];
}

function ipv4Packet(dice: Dice): number[] {
  // Header lengths below five words cannot be right, but must not confuse either.
  const words = dice.chance(4) ? dice.below(16) : 5;
  const fragment = dice.chance(3) ? dice.below(0x1_0000) : dice.pick([0, 0x4000, 0x2000, 1]);
  const protocol = dice.pick(PROTOCOLS);
  const options = dice.octets(Math.max(0, words - 5) * 4);
  const body = protocol === 1 ? [dice.pick([0, 8, 3]), ...dice.octets(20)] : transport(dice);
  return [
    ...[0x40 | words, dice.below(256), ...word(20 + options.length + body.length), ...dice.octets(2)],
    ...[...word(fragment), dice.below(256), protocol, ...dice.octets(2)],
    ...[...ipv4(dice.pick(ADDRESSES)), ...ipv4(dice.pick(ADDRESSES)), ...options, ...body],
  ];
}

function ipv6Packet(dice: Dice): number[] {
  const body = transport(dice);
  const next = dice.pick(PROTOCOLS);
  return [
    ...[0x60, ...dice.octets(3), ...word(body.length), next, dice.below(256)],
    ...[...ipv6(dice.pick(ADDRESSES6)), ...ipv6(dice.pick(ADDRESSES6))],
    ...(next === 44 ? [dice.pick(PROTOCOLS), ...dice.octets(7)] : []),
    ...body,
  ];
}

function arpPacket(dice: Dice): number[] {
  const party = () => [...mac(dice.pick(MACS)), ...ipv4(dice.pick(ADDRESSES))];
  return [0, 1, 8, 0, 6, 4, 0, dice.pick([1, 2]), ...party(), ...party()];
}

function frame(dice: Dice): Uint8Array {
  const tags = Array.from({ length: dice.pick([0, 0, 0, 1, 1, 2, 3]) }, () => [
    ...word(dice.pick([0x8100, 0x8100, 0x88a8, 0x9100])),
    ...word(dice.below(16) * 0x1000 + dice.pick(VIDS)),
  ]).flat();
  const [type, body] = dice.pick([
    () => [0x0800, ipv4Packet(dice)] as const,
    () => [0x0800, ipv4Packet(dice)] as const,
    () => [0x86dd, ipv6Packet(dice)] as const,
    () => [dice.pick([0x0806, 0x8035]), arpPacket(dice)] as const,
    () => [dice.pick(TYPES), dice.octets(46)] as const,
    () =>
      [
        38 + dice.below(8),
        [dice.pick([0x42, 0xfe, 0xf0, 6]), dice.pick([0x42, 0xfe, 0xf0, 6]), ...dice.octets(44)],
      ] as const,
  ])();
  const octets = [...mac(dice.pick(MACS)), ...mac(dice.pick(MACS)), ...tags, ...word(type), ...body];
  while (dice.chance(3) && octets.length < 60) octets.push(0);
  if (dice.chance(4)) octets.length = Math.min(octets.length, 15 + dice.below(60));
  if (dice.chance(4)) octets[dice.below(octets.length)] = dice.below(256);
  return Uint8Array.from(octets);
}

/** Would the kernel run a socket filter on it? Not on less than the header that the ethertype promises. */
export function isRunnable(frame: Uint8Array): boolean {
  const type = frame[12]! * 256 + frame[13]!;
  return frame.length >= (type === 0x0800 ? 34 : type === 0x86dd ? 54 : 15);
}

export const frames = (count: number, seed: number): Uint8Array[] => {
  const dice = new Dice(seed);
  return Array.from({ length: count }, () => frame(dice));
};
