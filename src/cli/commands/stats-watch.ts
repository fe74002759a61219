import { setTimeout as pause } from 'node:timers/promises';
import { EvlnetError, Exit, usage } from '../../errors.js';
import type { Context } from '../context.js';
import { lookingOn } from '../looking-on.js';
import { type Reading, readAll } from '../stats/reading.js';
import { live, streamed } from '../stats/watch/show.js';
import { summaryLines } from '../stats/watch/summary.js';
import { Watch } from '../stats/watch/watch.js';

const MIN_INTERVAL_S = 0.1;
const MAX_INTERVAL_S = 86_400;

/** `evlnet stats watch`: rates, an interval after the other. */
export async function run(context: Context): Promise<number> {
  const { arguments: given, env, globals, io, print } = context;
  const interval = given.number('interval') ?? 1;
  if (interval < MIN_INTERVAL_S || interval > MAX_INTERVAL_S)
    throw usage(
      'EVL_INTERVAL',
      `Cannot look every ${interval} s: ${interval < MIN_INTERVAL_S ? `${MIN_INTERVAL_S} s is the least` : `${MAX_INTERVAL_S} s is the most`}`,
      'evlnet stats watch interval 1s',
    );
  const stop = io.stop();
  const watch = new Watch();
  const first = watch.look(await readAll(context), performance.now());
  if (first.workers.every(({ worker }) => worker === undefined))
    context.warn(
      'no worker runs: nothing is counted yet',
      'evlnet icmp-responder -i IFNAME, or evlnet run DEVICE',
    );

  const isPlain = globals.json || globals.brief || globals.oneline;
  const isLive = !isPlain && io.stdout.isTTY === true && env.TERM !== 'dumb';
  const show = isLive ? live(context, first, interval) : streamed(context);
  const read = reader(lookingOn(context), show.problem);
  try {
    const limit = given.number('count') ?? Number.POSITIVE_INFINITY;
    let nextMs = performance.now();
    for (let n = 0; n < limit; n++) {
      // What took too long is not made up for.
      nextMs = Math.max(nextMs, performance.now() - (interval * 1000) / 2) + interval * 1000;
      await pause(nextMs - performance.now(), undefined, { signal: stop }).catch(() => {});
      const reading = await read();
      // What came meanwhile is seen at the next look.
      const record = reading && watch.look(reading, performance.now());
      // The last piece of an interval is for the summary.
      if (stop.aborted) break;
      if (record) show.interval(record);
    }
  } finally {
    await show.end(globals.json ? [] : summaryLines(watch, print.style));
  }
  return Exit.Ok;
}

/** Reads all; undefined where it cannot be read now, as of a port that is disabled meanwhile, which is told once. */
function reader(context: Context, tell: (problem: EvlnetError) => void): () => Promise<Reading | undefined> {
  let told: string | undefined;
  return async () => {
    try {
      const reading = await readAll(context);
      told = undefined;
      return reading;
    } catch (error) {
      if (!(error instanceof EvlnetError)) throw error;
      if (error.message !== told) tell(error);
      told = error.message;
      return undefined;
    }
  };
}
