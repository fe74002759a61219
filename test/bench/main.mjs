import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { heapPart } from './heap.mjs';
import { readOptions, USAGE } from './options.mjs';
import { killAll, run } from './process.mjs';
import { quietMachine } from './quiet.mjs';
import { c, evlnetHost, kernel } from './responders.mjs';
import { playRounds } from './rounds.mjs';
import { echoText } from './table.mjs';
import { judge } from './verdict.mjs';
import { openWire } from './wire.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
/** How long the whole bench waits for other work on the machine to end. */
const PATIENCE_MS = 180_000;

/** Exit code of `scripts/bench`: 0 done, 1 wrong argument, 2 could not run, 4 a bar was missed and --assert given. */
export async function main(argv) {
  let options;
  try {
    options = readOptions(argv);
  } catch (error) {
    process.stderr.write(`${error.message}\n${USAGE}`);
    return 1;
  }
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  try {
    return await bench(options);
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
}

async function bench(options) {
  if (process.getuid() !== 0) throw new Error('Cannot run the bench: not root');
  if (availableParallelism() < 2) throw new Error('Cannot run the bench: it needs two CPUs');
  await run('make', ['-s', '-C', HERE], { timeoutMs: 120_000 });
  const wire = await openWire();
  const interrupted = (signal) => {
    killAll();
    wire.close().finally(() => process.exit(signal === 'SIGINT' ? 130 : 143));
  };
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  const progress = (text) => process.stderr.write(`${text}\n`);
  const quietly = quietMachine(options.quick ? 0 : PATIENCE_MS);
  let host;
  try {
    if (options.only.includes('evlnet')) host = await evlnetHost(wire, options.mode);
    const measured = { machine: machine(), options };
    if (options.part !== 'heap') {
      const pairs = contestants(wire, host, options);
      measured.rounds = await playRounds({ wire, pairs, options, quietly, progress });
      measured.echo = judge(measured.rounds);
      process.stdout.write(`${echoText(measured.echo, options)}\n`);
    }
    if (options.part !== 'echo' && host) {
      const { text, ...heap } = await heapPart({ wire, host, options, progress });
      measured.heap = heap;
      process.stdout.write(`${text}\n`);
    }
    if (options.json) writeFileSync(options.json, `${JSON.stringify(measured, null, 2)}\n`);
    const missed =
      (measured.echo ?? []).some((row) => row.missed?.length) || measured.heap?.missed?.length > 0;
    return options.assert && missed ? 4 : 0;
  } finally {
    host?.close();
    await wire.close();
  }
}

function contestants(wire, host, { only, waits, mode }) {
  const pairs = waits.map((wait) => [
    ...(only.includes('c') ? [c(wire, wait, mode)] : []),
    ...(host ? [host.responder(wait)] : []),
  ]);
  return only.includes('kernel') ? [[kernel(wire)], ...pairs] : pairs;
}

const machine = () => ({
  kernel: release(),
  node: process.version,
  cpu: cpus()[0].model,
  cpus: cpus().length,
  date: new Date().toISOString(),
});
