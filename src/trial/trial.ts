import { BLOCK_FRAMES, type FrameBlock } from '../capture/block.js';
import type { VerdictName } from '../filter/verdict.js';
import { describeReason } from './describe.js';
import { type Engine, NOT_RUN } from './engine.js';
import { type Place, reasonFor, Tally, verdictName } from './judgement.js';

export interface TrialSetup {
  readonly engine: Engine;
  /** Runs the same filter, so that the two can be compared. */
  readonly second?: Engine | undefined;
  readonly place: Place;
  /** What the filter shall return for every frame. */
  readonly expected?: VerdictName | undefined;
}

/** A frame that got another verdict than was expected. */
export interface Unexpected {
  /** From 1. */
  readonly frame: number;
  /** Undefined where the filter could not be run on it. */
  readonly verdict: VerdictName | undefined;
  readonly reason: string;
}

/** A filter tried on frames, without any device: what it returns, and what the hook makes of that. */
export class Trial {
  /** Of the latest block: what the filter returned, and why the frame is taken or not. */
  readonly answers = new Float64Array(BLOCK_FRAMES);
  readonly reasons = new Uint8Array(BLOCK_FRAMES);
  readonly tally = new Tally();
  #firstUnexpected: Unexpected | undefined;
  readonly #others = new Float64Array(BLOCK_FRAMES);

  constructor(private readonly setup: TrialSetup) {}

  get engine(): Engine {
    return this.setup.engine;
  }

  get isCompared(): boolean {
    return this.setup.second !== undefined;
  }

  get firstUnexpected(): Unexpected | undefined {
    return this.#firstUnexpected;
  }

  judge(block: FrameBlock): void {
    const { answers, reasons, tally } = this;
    const { engine, second, place } = this.setup;
    const before = performance.now();
    engine.judge(block, answers);
    const view = new DataView(block.octets.buffer, block.octets.byteOffset, block.octets.byteLength);
    for (let i = 0; i < block.count; i++) {
      const at = block.offsets[i]!;
      const answer = answers[i]!;
      const reason = reasonFor(view, at, at + block.lengths[i]!, answer, place);
      reasons[i] = reason;
      tally.add(answer, reason);
    }
    tally.cut += block.cut;
    tally.seconds += (performance.now() - before) / 1000;
    if (this.setup.expected !== undefined) this.#compareExpected(block, this.setup.expected);
    if (second === undefined) return;
    second.judge(block, this.#others);
    for (let i = 0; i < block.count; i++) if (this.difference(i) !== undefined) tally.differences++;
  }

  /** What the second engine returned for frame `i` of the latest block, where it is something else and both have run. */
  difference(i: number): number | undefined {
    if (!this.isCompared) return undefined;
    const other = this.#others[i]!;
    const answer = this.answers[i]!;
    return other === answer || other === NOT_RUN || answer === NOT_RUN ? undefined : other;
  }

  close(): void {
    this.setup.engine.close();
    this.setup.second?.close();
  }

  #compareExpected(block: FrameBlock, expected: VerdictName): void {
    const { answers, reasons, tally } = this;
    for (let i = 0; i < block.count; i++) {
      const answer = answers[i]!;
      const verdict = answer === NOT_RUN ? undefined : verdictName(answer);
      if (verdict === expected) continue;
      tally.unexpected++;
      this.#firstUnexpected ??= {
        frame: tally.frames - block.count + i + 1,
        verdict,
        reason: describeReason(block, i, reasons[i]!),
      };
    }
  }
}
