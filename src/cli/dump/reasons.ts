import { blockOf, type FrameBlock } from '../../capture/block.js';
import { EvlnetError } from '../../errors.js';
import { innermostVid, OUTCOMES } from '../../filter/classify.js';
import { Verdict } from '../../filter/verdict.js';
import { readState } from '../../state/file.js';
import type { StateDocument } from '../../state/schema.js';
import { describeReason } from '../../trial/describe.js';
import type { Trial } from '../../trial/trial.js';
import type { Context } from '../context.js';
import { filterOn } from '../filter/opened.js';
import { startTrial } from '../filter/start-trial.js';
import { lookingOn } from '../looking-on.js';
import type { TappedFrame } from './frame-tap.js';

/** They fit the memory of what runs a filter, however long they are. */
const AT_ONCE = 128;

/** Why frames became what they did: what is recorded is asked once more, the program at the hook has told only the verdict. */
export class Reasons {
  private constructor(
    readonly context: Context,
    readonly device: string,
    private state: StateDocument,
    private trial: Trial | undefined,
  ) {}

  static async of(context: Context, device: string): Promise<Reasons> {
    const state = readState(context.state.file, context.stateOptions);
    return new Reasons(lookingOn(context), device, state, await trialOn(context, device));
  }

  /** One a frame. */
  async describe(frames: readonly TappedFrame[]): Promise<string[]> {
    await this.#follow();
    const reasons: string[] = [];
    for (let from = 0; from < frames.length; from += AT_ONCE)
      reasons.push(...this.#describeSome(frames.slice(from, from + AT_ONCE)));
    return reasons;
  }

  close(): void {
    this.trial?.close();
  }

  #describeSome(frames: readonly TappedFrame[]): string[] {
    const block = blockOf(frames.map((frame) => frame.octets));
    this.trial?.judge(block);
    return frames.map(({ verdict }, i) => this.#describeOne(block, i, verdict));
  }

  #describeOne(block: FrameBlock, i: number, verdict: Verdict): string {
    const reason = this.trial?.reasons[i];
    if (reason !== undefined && OUTCOMES[reason]?.verdict === verdict)
      return describeReason(block, i, reason);
    // A filter that only the kernel can run, one with a memory, or one that is another by now.
    if (verdict === Verdict.Vlan) {
      const at = block.offsets[i]!;
      const view = new DataView(block.octets.buffer, block.octets.byteOffset);
      return `vlan ${innermostVid(view, at, at + block.lengths[i]!)} in set`;
    }
    if (verdict !== Verdict.Skip) return 'filter';
    if (this.state.filters[this.device] !== undefined) return 'filter';
    return 'its queue has no socket, or the set has just changed';
  }

  /** The state is written before a worker follows it. One that cannot be read now is read next time. */
  async #follow(): Promise<void> {
    try {
      const state = readState(this.context.state.file, { repairs: false });
      if (state.rev === this.state.rev) return;
      const next = await trialOn(this.context, this.device);
      this.trial?.close();
      this.trial = next;
      this.state = state;
    } catch {
      // Who writes it, or runs with it, tells what is wrong.
    }
  }
}

/** Undefined where the kernel runs a filter that nothing else can. */
async function trialOn(context: Context, device: string): Promise<Trial | undefined> {
  const tried = await filterOn(context, device);
  try {
    return await startTrial(context, tried);
  } catch (error) {
    if (error instanceof EvlnetError && error.code === 'EVL_FILTER_UNSUPPORTED') return undefined;
    throw error;
  }
}
