import type { OpenFilter } from '../filter/open.js';
import { NO_STAMP, type Stamp } from '../filter/stamp.js';
import { vlanRule } from '../filter/xdp.js';
import type { HookProgram } from './hook-program.js';

interface Choice {
  readonly filter: OpenFilter | undefined;
  readonly anyEthertype: boolean;
  /** What it puts in front of frames. */
  readonly stamp: Stamp;
  /** It tells of every frame (filter/tap.ts). */
  readonly isTapped: boolean;
}

/** What decides at the XDP hook: a filter or the VLAN rule, with stamps or without, each changed without the other. */
export class Decision {
  #choice: Choice = { filter: undefined, anyEthertype: false, stamp: NO_STAMP, isTapped: false };

  constructor(
    readonly hook: HookProgram,
    /** The link that holds the hook, negative where none does. */
    readonly link: () => number,
  ) {}

  /** A filter decides, not the VLAN rule alone. */
  get isFiltered(): boolean {
    return this.#choice.filter !== undefined;
  }

  /** Rejects with what was there still there. */
  async change(part: Partial<Choice>): Promise<void> {
    const isFiltered = { ...this.#choice, ...part }.filter !== undefined;
    // Loaded when there is one: most workers have none, and would start later for it.
    const translate = isFiltered ? (await import('../filter/translate.js')).translate : undefined;
    // What else was changed meanwhile holds.
    const choice = { ...this.#choice, ...part };
    const { filter, anyEthertype, stamp } = choice;
    const decide = (isTapped: boolean) => {
      this.hook.vlanRule = vlanRule(stamp, isTapped);
      this.hook.replace(filter && translate?.(filter, anyEthertype, stamp, isTapped), this.link());
    };
    try {
      decide(choice.isTapped);
    } catch (error) {
      if (!choice.isTapped || part.isTapped) throw error;
      // Who only looks on does not decide what runs: while that does, nothing is told.
      decide(false);
    }
    this.#choice = choice;
  }
}
