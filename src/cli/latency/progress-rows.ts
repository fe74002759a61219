import type { Samples } from './samples.js';

const SECOND_MS = 1000;
/** Rows under one header. */
const PAGE = 21;

/** A row a second while it runs: what that second was like, and the worst so far. */
export class ProgressRows {
  #startMs = 0;
  #rows = 0;
  #before = { transmitted: 0, received: 0, overruns: 0 };

  constructor(
    readonly outOfBand: Samples,
    readonly inBand: Samples | undefined,
    readonly line: (text: string) => void,
  ) {}

  begin(nowMs: number): void {
    this.#startMs = nowMs;
  }

  look(nowMs: number): void {
    if (nowMs - this.#startMs < (this.#rows + 1) * SECOND_MS) return;
    if (this.#rows % PAGE === 0) this.line(row(this.#header()));
    this.#rows = Math.floor((nowMs - this.#startMs) / SECOND_MS);
    const { outOfBand, inBand } = this;
    const { transmitted, received, overruns } = outOfBand;
    this.line(
      row([
        String(this.#rows),
        String(transmitted - this.#before.transmitted),
        String(received - this.#before.received),
        String(overruns - this.#before.overruns),
        us(outOfBand.takeRecent()),
        ...(inBand ? [us(inBand.takeRecent())] : []),
        us(outOfBand.max),
        ...(inBand ? [us(inBand.max)] : []),
      ]),
    );
    this.#before = { transmitted, received, overruns };
  }

  #header(): string[] {
    const inBand = this.inBand ? ['in-band'] : [];
    return ['# s', 'sent', 'received', 'overruns', 'worst us', ...inBand, 'so far us', ...inBand];
  }
}

const us = (ns: number): string => (ns / 1000).toFixed(1);
const row = (cells: readonly string[]): string =>
  cells.map((cell, i) => cell.padStart(i === 0 ? 8 : 11)).join('');
