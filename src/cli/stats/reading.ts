import { type Page, readPage } from '../../configuration/counters.js';
import type { Context } from '../context.js';
import { type Counted, chosen } from './choice.js';
import { type StatsRecord, statsRecord } from './record.js';

/** All that was asked for, at one moment. */
export interface Reading {
  readonly counted: readonly Counted[];
  /** By base device, each with the slots of `counted`; undefined where there is no page. */
  readonly pages: ReadonlyMap<string, Page | undefined>;
}

export async function readAll(context: Context): Promise<Reading> {
  const counted = await chosen(context);
  const bases = [...new Set(counted.map(({ base }) => base))];
  const pages = bases.map(async (base): Promise<[string, Page | undefined]> => {
    const ofBase = counted.filter((c) => c.base === base);
    const slots = ofBase.map((c) => c.slot);
    return [base, await readPage(context, ofBase[0]!.worker, slots)];
  });
  return { counted, pages: new Map(await Promise.all(pages)) };
}

export const recordsOf = ({ counted, pages }: Reading): StatsRecord[] =>
  counted.map(({ ifname, base, slot }) => statsRecord(ifname, base, slot, pages.get(base)));
