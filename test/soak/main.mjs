import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { runCommand } from '../bench/command.mjs';
import { killAll, pause, run, start } from '../bench/process.mjs';
import { program, ROOT } from '../bench/responders.mjs';
import { openWire, removeStale } from '../bench/wire.mjs';
import { judge } from './judge.mjs';
import { watchMemory } from './memory.mjs';
import { openPage } from './page.mjs';
import { text } from './text.mjs';

const USAGE = `Usage: scripts/soak [ options ]
  Mixed traffic at half load for an hour: pings, datagrams to a service and to a program's socket, fragments, ARP, junk, while a packet
  socket listens, filters are swapped and a port comes and goes. Then everything must add up, and the heap be flat.
  --seconds N       default 3600
  --rate N          frames a second; default: half of what comes back when as much as possible is sent
  --json FILE       write everything measured
Needs root, python3 and a built evlnet (npm run build). Exit 0: all holds, 1 wrong argument, 2 could not run, 4 something does not hold.
`;
const flags = {
  seconds: { type: 'string', default: '3600' },
  rate: { type: 'string', default: '0' },
  json: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
};

/** How long full load is offered before. */
const FULL_S = 3;
const PATIENCE_MS = 20_000;
/** How often filter and port change: so many times in a short run, in a long one now and then. */
const CHANGES = 6;
const MOST_CHANGE_MS = 10_000;

/** Exit code of `scripts/soak`. */
export const main = (argv) => runCommand(argv, { usage: USAGE, read: readOptions, act: soak });

function readOptions(argv) {
  const { values } = parseArgs({ args: argv, options: flags });
  const number = (name, least) => {
    const n = Number(values[name]);
    if (!Number.isInteger(n) || n < least || n > 1e6)
      throw new RangeError(`argument "${values[name]}" is wrong: --${name} is ${least} to 1000000`);
    return n;
  };
  return { ...values, seconds: number('seconds', 1), rate: number('rate', 0) };
}

async function soak(options) {
  if (process.getuid() !== 0) throw new Error('Cannot soak: not root');
  await removeStale();
  const open = [];
  const close = async () => {
    for (const end of open.splice(0).toReversed()) await end();
  };
  const interrupted = () => {
    killAll();
    close().finally(() => process.exit(130));
  };
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    const measured = await measure(options, (end) => open.push(end));
    const checks = judge(measured);
    process.stdout.write(`${text(measured, checks)}\n`);
    if (options.json) writeFileSync(options.json, `${JSON.stringify({ ...measured, checks }, null, 2)}\n`);
    return checks.every((check) => check.holds) ? 0 : 4;
  } finally {
    await close();
  }
}

async function measure({ seconds, rate }, onClose) {
  const wire = await openWire('soak');
  onClose(wire.close);
  const evlnet = await program('soak', wire, [], ['run', 'eth0', 'icmp-responder', 'udp-echo', '7']);
  onClose(evlnet.close);
  await evlnet.command('port', 'enable', 'eth0.44', 'address', '10.44.0.11/24');
  await evlnet.command('vlans', 'set', '42,44');
  const worker = await evlnet.start('default');
  onClose(() => worker.stop());
  const changeMs = Math.min(MOST_CHANGE_MS, (seconds * 1000) / CHANGES);
  const args = [`${ROOT}test/soak/program.mjs`, `${ROOT}dist/index.js`, `${changeMs}`];
  const beside = await start(...wire.onResponder(process.execPath, args), {
    ready: /ready/,
    env: evlnet.env,
  });
  let isOver = false;
  const numbers = async () => {
    isOver = true;
    return JSON.parse((await beside.stop()).trim().split('\n').at(-1));
  };
  onClose(async () => {
    if (!isOver) await beside.stop();
  });

  const page = await openPage(evlnet.folder);
  onClose(page.close);
  const mix = async (forSeconds, atRate) => {
    const args = [`${ROOT}test/soak/mix.py`, 'eth0', `${forSeconds}`, `${atRate}`];
    return JSON.parse(await run(...wire.onIssuer('python3', args), { timeoutMs: (forSeconds + 60) * 1000 }));
  };
  // The engine compiles meanwhile; and half of this is half load.
  const fullRate = rate ? undefined : (await mix(FULL_S, 0)).rate;
  const memory = await watchMemory(page, worker.pid, seconds);
  const before = await page.records();
  await tell(beside, 'SIGUSR1', 'changing');
  const issuer = await mix(seconds, rate || Math.ceil(fullRate / 2));
  await tell(beside, 'SIGUSR2', 'still');
  const after = await page.records();
  return {
    seconds,
    fullRate,
    issuer,
    program: await numbers(),
    before,
    after,
    memory: await memory.end(),
  };
}

/** Resolves once the program beside the worker has said that it has done what the signal means. */
async function tell(beside, signal, answer) {
  process.kill(beside.pid, signal);
  const deadline = Date.now() + PATIENCE_MS;
  while (!beside.said.out.includes(answer)) {
    if (Date.now() > deadline) throw new Error(`The program beside the worker is not ${answer}`);
    await pause(10);
  }
}
