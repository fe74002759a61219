/** Something that has to be done at a time. */
export interface Timer {
  /** When `run` wants to be called; looked at after every batch. */
  readonly dueNs: number;
  run(nowNs: number): void;
}

/** Several as one. */
export class Timers implements Timer {
  constructor(readonly all: readonly Timer[]) {}

  get dueNs(): number {
    const { all } = this;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < all.length; i++) if (all[i]!.dueNs < least) least = all[i]!.dueNs;
    return least;
  }

  run(nowNs: number): void {
    for (const timer of this.all) if (timer.dueNs <= nowNs) timer.run(nowNs);
  }
}
