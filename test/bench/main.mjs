import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { runCommand } from './command.mjs';
import { filterText, measureFilters } from './filter.mjs';
import { heapText, measureHeap } from './heap.mjs';
import { readOptions, USAGE } from './options.mjs';
import { killAll, run } from './process.mjs';
import { quietMachine } from './quiet.mjs';
import { BUILD, c, cap, evlnet, kernel } from './responders.mjs';
import { playRounds } from './rounds.mjs';
import { echoText, udpText } from './table.mjs';
import { dgram, mmsg, polling, service, socket } from './udp-responders.mjs';
import { judge, summarize, UDP_BARS } from './verdict.mjs';
import { openWire, removeStale } from './wire.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
/** How long the whole bench waits for other work on the machine to end. */
const PATIENCE_MS = 60_000;
const RESPONDERS = { kernel, c, evlnet, cap, dgram, mmsg, service, socket, polling };

/** Exit code of `scripts/bench`: 0 done, 1 wrong argument, 2 could not run, 4 a bar was missed and --assert given. */
export const main = (argv) => runCommand(argv, { usage: USAGE, read: readOptions, act: bench });

async function bench(options) {
  if (process.getuid() !== 0) throw new Error('Cannot run the bench: not root');
  if (options.part === 'filter') return benchFilters(options);
  if (availableParallelism() < 2) throw new Error('Cannot run the bench: it needs two CPUs');
  await run('make', ['-s', '-C', HERE], { timeoutMs: 120_000 });
  await removeStale();
  const open = [];
  const close = async () => {
    for (const it of open.splice(0).toReversed()) await it.close();
  };
  const interrupted = (signal) => {
    killAll();
    close().finally(() => process.exit(signal === 'SIGINT' ? 130 : 143));
  };
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    const responders = [];
    for (const name of options.only) {
      const wire = await openWire(name);
      open.push(wire);
      const responder = await RESPONDERS[name](wire, options.mode);
      open.push(responder);
      responders.push(responder);
    }
    return await measure(responders, options);
  } finally {
    await close();
  }
}

async function benchFilters(options) {
  mkdirSync(BUILD, { recursive: true });
  const filter = await measureFilters({
    options,
    quietly: quietMachine(options.quick ? 0 : PATIENCE_MS),
    progress,
  });
  process.stdout.write(`${filterText(filter)}\n`);
  return finish({ machine: machine(), options, filter }, filter.bars, options);
}

async function measure(responders, options) {
  const quietly = quietMachine(options.quick ? 0 : PATIENCE_MS);
  const measured = { machine: machine(), options };
  if (options.part === 'udp') return measureUdp(responders, options, quietly, measured);
  if (options.part !== 'heap') {
    const records = await playRounds({ responders, options, quietly, progress });
    const echo = { responders: summarize(records), bars: judge(records), records };
    measured.echo = echo;
    process.stdout.write(`${echoText(echo.responders, echo.bars, options)}\n`);
  }
  const evlnet = responders.find((responder) => responder.name === 'evlnet');
  if (options.part !== 'echo' && evlnet) {
    measured.heap = await measureHeap({ evlnet, options, progress });
    process.stdout.write(`${heapText(measured.heap)}\n`);
  }
  return finish(measured, [...(measured.echo?.bars ?? []), ...(measured.heap?.bars ?? [])], options);
}

async function measureUdp(responders, options, quietly, measured) {
  const records = await playRounds({ responders, options, quietly, progress });
  const udp = { responders: summarize(records), bars: judge(records, UDP_BARS), records };
  process.stdout.write(`${udpText(udp.responders, udp.bars, options)}\n`);
  return finish({ ...measured, udp }, udp.bars, options);
}

const progress = (text) => process.stderr.write(`${text}\n`);

/** The exit code. */
function finish(measured, bars, options) {
  if (options.json) writeFileSync(options.json, `${JSON.stringify(measured, null, 2)}\n`);
  return options.assert && bars.some((bar) => bar.met === 'no') ? 4 : 0;
}

const machine = () => ({
  kernel: release(),
  node: process.version,
  cpu: cpus()[0].model,
  cpus: cpus().length,
  date: new Date().toISOString(),
});
