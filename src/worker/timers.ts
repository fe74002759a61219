import type { Timer } from '../stack/timer.js';

/** Several as one, looked at after every batch. */
export class Timers {
  readonly #dues: readonly { readonly ns: number }[];

  constructor(readonly all: readonly Timer[]) {
    this.#dues = all.map((timer) => timer.due);
  }

  get dueNs(): number {
    const dues = this.#dues;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < dues.length; i++) if (dues[i]!.ns < least) least = dues[i]!.ns;
    return least;
  }

  run(nowNs: number): void {
    for (const timer of this.all) if (timer.dueNs <= nowNs) timer.run(nowNs);
  }
}
