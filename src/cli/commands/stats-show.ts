import { type Page, readPage } from '../../configuration/counters.js';
import type { Context } from '../context.js';
import { chosen } from '../stats/choice.js';
import { type StatsRecord, statsRecord } from '../stats/record.js';
import { statsView } from '../stats/view.js';

/** `evlnet stats show` */
export async function run(context: Context): Promise<number> {
  const counted = await chosen(context);
  const pages = new Map<string, Page | undefined>();
  for (const base of new Set(counted.map((c) => c.base))) {
    const ofBase = counted.filter((c) => c.base === base);
    pages.set(
      base,
      await readPage(
        context,
        ofBase[0]?.worker,
        ofBase.map((c) => c.slot),
      ),
    );
  }
  const records = counted.map((c): StatsRecord => statsRecord(c.ifname, c.base, c.slot, pages.get(c.base)));
  await context.print.records(statsView, records);
  return 0;
}
