import { type FrameBlock, part } from '../../capture/block.js';
import type { FilterSource } from '../../filter/source.js';
import type { Trial } from '../../trial/trial.js';
import type { Context } from '../context.js';
import { frameRecord, ruleThatDecided } from './frame-record.js';
import { totalsRecord } from './totals-record.js';
import { type FrameRecord, frameView, totalsView } from './trial-view.js';

/** So many frames are told of one by one; of more, unless all are wanted, only the totals. */
const FEW = 64;
/** In totals, frames that two engines differ in are told of one by one up to this many. */
const MOST_DIFFERENCES = 10;

/** Runs a trial on blocks of frames, and prints frames or totals. */
export class Report {
  /** Where every frame is wanted: they are printed as they come. */
  readonly #series: { add(record: FrameRecord): void; end(): void } | undefined;
  readonly #few: FrameRecord[] = [];
  readonly #different: FrameRecord[] = [];
  #isMany: boolean;
  #hits: readonly number[] | undefined;

  constructor(
    private readonly context: Context,
    private readonly trial: Trial,
    private readonly source: FilterSource,
  ) {
    const { json, details, statistics } = context.globals;
    if (details || (json && !statistics)) this.#series = context.print.series(frameView);
    this.#isMany = statistics;
    this.#hits = trial.engine.hits();
  }

  judge(block: FrameBlock): void {
    let i = 0;
    while (i < block.count && this.#wantsOne()) this.#judgeOne(part(block, i++, 1));
    if (i < block.count) this.#judgeMany(i === 0 ? block : part(block, i, block.count - i));
    this.trial.tally.cut += i === 0 ? 0 : block.cut;
  }

  async end(): Promise<void> {
    const { print, globals } = this.context;
    this.#series?.end();
    if (!this.#series && !this.#isMany) await print.records(frameView, this.#few);
    const wantsTotals = this.#series ? globals.statistics && !globals.json : this.#isMany;
    if (!wantsTotals) return;
    if (!globals.json) await print.records(frameView, this.#different);
    await print.records(totalsView, [totalsRecord(this.trial, this.source)]);
  }

  #wantsOne(): boolean {
    if (!this.#series && this.#few.length === FEW) this.#isMany = true;
    return this.#series !== undefined || !this.#isMany;
  }

  #judgeOne(one: FrameBlock): void {
    this.trial.judge(one);
    const hits = this.trial.engine.hits();
    const record = frameRecord(this.trial, one, 0, ruleThatDecided(this.#hits, hits));
    this.#hits = hits;
    if (this.#series) this.#series.add(record);
    else this.#few.push(record);
  }

  #judgeMany(block: FrameBlock): void {
    const before = this.trial.tally.differences;
    this.trial.judge(block);
    if (this.trial.tally.differences === before) return;
    for (let i = 0; i < block.count && this.#different.length < MOST_DIFFERENCES; i++)
      if (this.trial.difference(i) !== undefined) this.#different.push(frameRecord(this.trial, block, i));
  }
}
