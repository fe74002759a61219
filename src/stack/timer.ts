/** Something that has to be done at a time. */
export abstract class Timer {
  /** An object of one shape for all kinds: a number of theirs would be boxed whenever somebody looks who does not know which kind it is. */
  readonly due = { ns: Number.POSITIVE_INFINITY };

  /** When to call `run` next; Infinity while there is nothing to do. */
  get dueNs(): number {
    return this.due.ns;
  }

  protected set dueNs(ns: number) {
    this.due.ns = ns;
  }

  abstract run(nowNs: number): void;
}
