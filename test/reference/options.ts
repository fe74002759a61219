// IPv4 options, RFC 791 §3.1: what the recorded answers of Linux have, asked again of this kernel; every record, and a seeded lot.
import { LINUX_OPTIONS } from '../wire/linux-options.js';
import { DIFFERENCES, type Difference } from './differences.js';
import { echo, type Question } from './question.js';

const octet = (value: number) => value.toString(16).padStart(2, '0');

/** The hosts of the recording were 10.77.0.1 and .2, ours are 10.10.10.10 and .11. */
const ours = (options: string) =>
  options
    .replaceAll('0a4d0001', '0a0a0a0a')
    .replaceAll('0a4d0002', '0a0a0a0b')
    .replaceAll('0a4d00ff', '0a0a0aff');

/** Well-formed source routes, which Linux drops without a word (accept_source_route 0). */
const SILENT = [
  'loose source route',
  'loose source route done',
  'strict source route',
  'loose source route length 3 pointer 4',
  'loose source route + record route',
];
const refused = (name: string): Difference | undefined =>
  SILENT.includes(name) ? undefined : DIFFERENCES.parameterProblem;

export const RECORDED: Question[] = LINUX_OPTIONS.map(([name, options, outcome]) =>
  echo(name, { ipv4: { options: ours(options) } }, outcome === 'refused' ? refused(name) : undefined),
);

const padded = (options: string) => options.padEnd(Math.ceil(options.length / 8) * 8, '0');

/** Record route of 0 to 9 slots, with each number of them taken. */
export const ROUTES: Question[] = Array.from({ length: 10 }, (_, slots) =>
  Array.from({ length: slots + 1 }, (_, taken) => {
    const entries = 'c0000201'.repeat(taken) + '00000000'.repeat(slots - taken);
    const options = `07${octet(3 + 4 * slots)}${octet(4 + 4 * taken)}${entries}`;
    return echo(`record route of ${slots}, ${taken} taken`, { ipv4: { options: padded(options) } });
  }),
).flat();

/** Timestamps of each kind and room, with each number of entries taken, and overflow counted from 0 and from 14. */
export const TIMESTAMPS: Question[] = [0, 1, 3].flatMap((flag) =>
  [0, 14].flatMap((overflow) => {
    const size = flag === 0 ? 4 : 8;
    const entry = flag === 0 ? '00112233' : '0a0a0a0a00112233';
    const free = flag === 3 ? '0a0a0a0b00000000' : '00'.repeat(size);
    return Array.from({ length: 36 / size + 1 }, (_, slots) => Math.floor(slots)).flatMap((slots) =>
      Array.from({ length: slots + 1 }, (_, taken) => {
        const head = `44${octet(4 + size * slots)}${octet(5 + size * taken)}${octet(overflow * 16 + flag)}`;
        const options = head + entry.repeat(taken) + free.repeat(slots - taken);
        const name = `timestamp flag ${flag}, ${taken} of ${slots} taken, overflow ${overflow}`;
        return echo(name, { ipv4: { options: padded(options) } });
      }),
    );
  }),
);

/** Octets that look like options, from a seed (mulberry32). */
export function lot(seed: number, count: number): Question[] {
  let state = seed;
  const random = (below: number) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
  const kinds = [0, 1, 1, 7, 7, 7, 68, 68, 68, 130, 131, 134, 136, 137, 148, 82, 255];
  return Array.from({ length: count }, (_, i) => {
    const length = 4 * (1 + random(10));
    const octets: number[] = [];
    while (octets.length < length) {
      const kind = kinds[random(kinds.length)]!;
      octets.push(kind);
      if (kind < 2) continue;
      const room = length - octets.length + 1;
      octets.push(random(8) === 0 ? random(256) : Math.min(room, 2 + random(room + 2)));
      if (random(6) !== 0) octets.push(random(8) === 0 ? random(256) : 4 + random(2) + 4 * random(4));
      if (kind === 68 && random(6) !== 0) octets.push(random(4) === 0 ? random(256) : [0, 1, 3][random(3)]!);
      for (let n = random(12); n > 0; n--)
        octets.push(random(3) === 0 ? random(256) : [0, 10, 11, 1][n % 4]!);
    }
    const options = octets.slice(0, length).map(octet).join('');
    return echo(`${i}: ${options}`, { ipv4: { options } });
  });
}
