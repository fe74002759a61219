import { EvlnetError } from '../errors.js';
import type { Stage } from './stage.js';

/** Facts that the demonstration stands on: each is looked at, shown and, when it does not hold, an error. */
export class Proof {
  readonly #failed: string[] = [];

  constructor(readonly stage: Stage) {}

  equal(what: string, found: number | undefined, wanted: number): void {
    this.#check(`${what}: ${found ?? 'nothing'}`, found === wanted, `, expected ${wanted}`);
  }

  atLeast(what: string, found: number | undefined, wanted: number): void {
    this.#check(
      `${what}: ${found ?? 'nothing'}`,
      found !== undefined && found >= wanted,
      `, expected ${wanted} or more`,
    );
  }

  /** Throws when one did not hold. */
  end(): void {
    if (this.#failed.length > 0)
      throw new EvlnetError('EVL_LAB_RUN', `Cannot show what was to be shown: ${this.#failed.join('; ')}`, {
        hint: 'evlnet check tells what this machine lacks',
      });
  }

  #check(fact: string, holds: boolean, expected: string): void {
    this.stage.say(holds ? `  ok    ${fact}` : `  FAIL  ${fact}${expected}`);
    if (!holds) this.#failed.push(`${fact}${expected}`);
  }
}
