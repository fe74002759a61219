import { parseArgs } from 'node:util';

export const USAGE = `Usage: scripts/bench [ echo | heap | filter | udp ] [ options ]
  echo              replies a second and round trips: evlnet, the C responder, the kernel (default: echo, then heap)
  heap              heap growth and garbage collections of evlnet over 10 million frames
  filter            what a filter costs: translated to XDP and to WebAssembly, beside the same written as XDP in C (needs clang)
  udp               datagrams echoed: evlnet's service, a program with evlnet's sockets beside its worker, also with busyPoll, the same
                    program with node:dgram, and C with recvmmsg and sendmmsg; round trips of a client that spins, and of one that sleeps
  --rounds N        every round starts all responders anew and loads each for a second before it measures, default 5
  --passes N        a round measures each responder N times in turn, default 4
  --quick           one short round, for CI: shows that everything runs, not how fast
  --only LIST       of evlnet,c,kernel,cap (evlnet on libpcap); with udp of service,socket,polling,dgram,mmsg
  --waits LIST      of default,none,always
  --driver-mode M   native or generic; default: what each responder chooses
  --rate N          offer N requests a second instead of as many as one CPU makes
  --json FILE       write everything measured
  --assert          exit 4 when a bar is missed and noise does not explain it
Needs root, a C compiler and a built evlnet (npm run build). Exit 2: it could not run.
`;

export const WAITS = ['default', 'none', 'always'];
const PARTS = ['echo', 'heap', 'filter', 'udp'];
const RESPONDERS = ['kernel', 'c', 'evlnet', 'cap'];
const UDP_RESPONDERS = ['dgram', 'mmsg', 'service', 'socket', 'polling'];

const flags = {
  rounds: { type: 'string' },
  passes: { type: 'string' },
  quick: { type: 'boolean', default: false },
  only: { type: 'string' },
  waits: { type: 'string', default: WAITS.join() },
  'driver-mode': { type: 'string' },
  rate: { type: 'string' },
  json: { type: 'string' },
  assert: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
};

/** Throws a RangeError with one line for the user when an argument is wrong. */
export function readOptions(argv) {
  const { values, positionals } = parse(argv);
  if (positionals.length > 1 || (positionals[0] && !PARTS.includes(positionals[0])))
    throw new RangeError(`argument "${positionals.at(-1)}" is wrong: ${PARTS.join(', ')}`);
  const mode = values['driver-mode'];
  if (mode !== undefined) oneOf('driver-mode', mode, ['native', 'generic']);
  const all = positionals[0] === 'udp' ? UDP_RESPONDERS : RESPONDERS;
  return {
    part: positionals[0] ?? 'all',
    rounds: number('rounds', values.rounds, 1, 100) ?? (values.quick ? 1 : 5),
    passes: number('passes', values.passes, 1, 100) ?? (values.quick ? 1 : 4),
    quick: values.quick,
    only: list('only', values.only ?? all.join(), all),
    waits: list('waits', values.waits, WAITS),
    mode,
    rate: number('rate', values.rate, 1, 100e6),
    json: values.json,
    assert: values.assert,
    help: values.help,
    load: values.quick ? { milliseconds: 200, warmUp: 100 } : { milliseconds: 300, warmUp: 150 },
    ...(values.quick ? {} : { settle: { milliseconds: 1000, warmUp: 0 } }),
    // A pinger that meets a sleeping responder takes some 25 µs a request: `seconds` ends it.
    rtt: values.quick ? { count: 5000, seconds: 1 } : { count: 40_000, seconds: 1 },
  };
}

function parse(argv) {
  try {
    return parseArgs({ args: argv, options: flags, allowPositionals: true });
  } catch (error) {
    throw new RangeError(error.message);
  }
}

function number(name, text, low, high) {
  if (text === undefined) return undefined;
  const n = Number(text);
  if (!Number.isInteger(n) || n < low || n > high)
    throw new RangeError(`argument "${text}" is wrong: --${name} is ${low} to ${high}`);
  return n;
}

function list(name, text, of) {
  const words = text.split(',');
  for (const word of words) oneOf(name, word, of);
  return of.filter((word) => words.includes(word));
}

function oneOf(name, word, of) {
  if (!of.includes(word))
    throw new RangeError(`argument "${word}" is wrong: --${name} is of ${of.join(',')}`);
}
