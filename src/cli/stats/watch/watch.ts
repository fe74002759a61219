import type { Page } from '../../../configuration/counters.js';
import type { Worker } from '../../system.js';
import type { Counted } from '../choice.js';
import { type Reading, recordsOf } from '../reading.js';
import type { StatsRecord } from '../record.js';
import { histogramsOf, type StagesRecord, stagesRecord } from '../stages.js';
import { since, sum } from './difference.js';
import { known, ratesOf, type WatchRecord, type WorkerRecord } from './record.js';

/** What a base device was like at a look. */
interface Seen {
  readonly worker: Worker | undefined;
  readonly page: Page | undefined;
}

/** Looks at counters again and again: what came between two looks, and in all. */
export class Watch {
  #last: ReadonlyMap<string, Seen> = new Map();
  #beginMs: number | undefined;
  #lastMs = 0;
  /** By base device. */
  readonly #totals = new Map<string, Page>();
  readonly #counted = new Map<string, Counted>();

  /** Seconds from the first look to the last. */
  get seconds(): number {
    return (this.#lastMs - (this.#beginMs ?? this.#lastMs)) / 1000;
  }

  /** What came since the last look; of the first it is of no time. */
  look(reading: Reading, nowMs: number): WatchRecord {
    const seconds = (nowMs - (this.#beginMs === undefined ? nowMs : this.#lastMs)) / 1000;
    this.#beginMs ??= nowMs;
    this.#lastMs = nowMs;
    const seen = new Map<string, Seen>();
    const come = new Map<string, Page | undefined>();
    const workers: WorkerRecord[] = [];
    for (const { base, worker } of reading.counted) {
      if (seen.has(base)) continue;
      const before = this.#last.get(base);
      const now: Seen = { worker, page: reading.pages.get(base) };
      seen.set(base, now);
      come.set(base, difference(before, now));
      workers.push(workerRecord(base, before, now));
    }
    this.#last = seen;
    this.#add(reading.counted, come);
    const counts = recordsOf({ counted: reading.counted, pages: come });
    return {
      interval: known(seconds),
      workers,
      stats: counts.map((record) => ratesOf(record, seconds || 1)),
      times: timesOf(come),
    };
  }

  /** What came since the first look. */
  totals(): StatsRecord[] {
    return recordsOf({ counted: [...this.#counted.values()], pages: this.#totals });
  }

  /** The times of all. */
  times(): StagesRecord[] {
    return timesOf(this.#totals);
  }

  #add(counted: readonly Counted[], come: ReadonlyMap<string, Page | undefined>): void {
    for (const one of counted) this.#counted.set(one.ifname, one);
    for (const [base, page] of come) {
      const before = this.#totals.get(base);
      if (page) this.#totals.set(base, before ? sum(before, page) : page);
    }
  }
}

/** A device that was not looked at before has counted nothing that is known of; a worker that was not there, all that it has. */
function difference(before: Seen | undefined, { worker, page }: Seen): Page | undefined {
  if (before === undefined || page === undefined) return undefined;
  return since(before.worker?.pid === worker?.pid ? before.page : undefined, page);
}

function workerRecord(device: string, before: Seen | undefined, { worker }: Seen): WorkerRecord {
  const [then, now] = [running(before?.worker), running(worker)];
  const isOther = before !== undefined && then?.pid !== now?.pid;
  return {
    device,
    ...(now ? { worker: now.pid } : {}),
    ...(now?.status ? { driver: now.status.driver, mode: now.status.mode } : {}),
    ...(isOther && now ? { began: true } : {}),
    ...(isOther && then ? { ended: then.pid } : {}),
  };
}

const running = (worker: Worker | undefined) => (worker?.isAlive ? worker : undefined);

/** Of the devices of which something was measured. */
const timesOf = (pages: ReadonlyMap<string, Page | undefined>): StagesRecord[] =>
  [...pages]
    .flatMap(([base, page]) => (page ? [stagesRecord(base, histogramsOf(page), false, false)] : []))
    .filter((record) => Object.keys(record).length > 1);
