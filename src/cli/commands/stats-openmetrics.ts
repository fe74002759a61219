import type { NeighbourStatus } from '../../control/messages.js';
import type { Context } from '../context.js';
import { lookingOn } from '../looking-on.js';
import { exposition, type Format } from '../stats/metrics/exposition.js';
import { families } from '../stats/metrics/families.js';
import { readListenAddress } from '../stats/metrics/listen-address.js';
import { readAll } from '../stats/reading.js';

/** `evlnet stats openmetrics` */
export async function run(context: Context): Promise<number> {
  const { arguments: given, io } = context;
  const place = given.text('listen');
  if (place === undefined) {
    io.stdout.write(await metrics(context, 'openmetrics'));
    return 0;
  }
  const address = readListenAddress(place);
  const { serve } = await import('../stats/metrics/server.js');
  await serve(
    address,
    (format) => metrics(lookingOn(context), format),
    io.stop(),
    (url) => io.stdout.write(`listening on ${url}\n`),
  );
  return 0;
}

/** Of this moment. */
async function metrics(context: Context, format: Format): Promise<string> {
  const reading = await readAll(context);
  const neighbours = new Map<string, readonly NeighbourStatus[]>();
  for (const { base, worker } of reading.counted) {
    if (!worker?.status || neighbours.has(base)) continue;
    const told = await context.system.ask(worker.folder, { cmd: 'neighbours' }).catch(() => undefined);
    if (told) neighbours.set(base, told.neighbours);
  }
  return exposition(families({ reading, neighbours }), format);
}
