import { readPage } from '../../configuration/counters.js';
import { EvlnetError, usage } from '../../errors.js';
import type { Context } from '../context.js';
import { histogramLines } from '../latency/histogram.js';
import { type Counted, chosen } from '../stats/choice.js';
import { between, type Histograms, histogramsOf, stagesRecord, stagesView, titled } from '../stats/stages.js';

/** `evlnet stats histogram`: how long frames take from one point to the next. */
export async function run(context: Context): Promise<number> {
  const { arguments: given, globals, io, print } = context;
  const seconds = given.number('for');
  if (seconds === 0)
    throw usage(
      'EVL_ARGUMENT',
      'argument "0" is wrong: "for" is more than no time',
      'evlnet stats histogram for 10',
    );
  // Times are the device's, whichever port was named.
  const bases = new Map((await chosen(context)).map((counted) => [counted.base, counted]));
  const before = seconds === undefined ? undefined : await histograms(context, bases.values());
  if (seconds !== undefined) await watch(context, bases.values(), seconds * 1000);
  const after = await histograms(context, bases.values());
  const shown = [...after].map(([base, now]): [string, Histograms] => {
    const then = before?.get(base);
    return [base, then === undefined ? now : between(then, now)];
  });
  await print.records(
    stagesView,
    shown.map(([base, found]) => stagesRecord(base, found, seconds !== undefined, globals.details)),
  );
  if (!globals.details || globals.json || globals.oneline || globals.brief) return 0;
  for (const [base, found] of shown)
    for (const [title, histogram] of titled(found))
      io.stdout.write(`\n${histogramLines(`${base}, ${title}`, histogram).join('\n')}\n`);
  return 0;
}

async function histograms(context: Context, all: Iterable<Counted>): Promise<Map<string, Histograms>> {
  const found = new Map<string, Histograms>();
  for (const { base, worker } of all) {
    const page = await readPage(context, worker, []);
    if (page !== undefined) found.set(base, histogramsOf(page));
  }
  return found;
}

/** Has the drivers tell their times for that long, or until Ctrl-C. */
async function watch(context: Context, all: Iterable<Counted>, ms: number): Promise<void> {
  const { io, system } = context;
  const running = [...all].flatMap(({ worker }) => (worker?.isAlive ? [worker] : []));
  if (running.length === 0)
    throw new EvlnetError('EVL_NO_WORKER', 'Cannot measure: no worker runs', {
      hint: 'evlnet icmp-responder -i IFNAME, or evlnet run DEVICE',
    });
  const stop = io.stop();
  await Promise.all(
    running.map(async ({ folder, device }) => {
      try {
        const { isSupported } = await system.ask(
          folder,
          { cmd: 'stamp', ms },
          Number.POSITIVE_INFINITY,
          stop,
        );
        if (isSupported === false)
          context.warn(
            `the driver of "${device}" tells no times: nothing of what came in is measured from there`,
          );
      } catch (error) {
        if (!stop.aborted) throw error;
      }
    }),
  );
}
