import { blockOf, type FrameBlock } from '../../capture/block.js';
import { innermostVid, OUTCOMES } from '../../filter/classify.js';
import { Verdict } from '../../filter/verdict.js';
import { readState } from '../../state/file.js';
import type { StateDocument } from '../../state/schema.js';
import { describeReason } from '../../trial/describe.js';
import type { Trial } from '../../trial/trial.js';
import type { Context } from '../context.js';
import { filterOn } from '../filter/opened.js';
import { startTrial } from '../filter/start-trial.js';
import type { TappedFrame } from './frame-tap.js';

/** Why frames became what they did: what is recorded is asked once more, the program at the hook has told only the verdict. */
export class Reasons {
  private constructor(
    readonly context: Context,
    readonly device: string,
    private state: StateDocument,
    private trial: Trial,
  ) {}

  static async of(context: Context, device: string): Promise<Reasons> {
    const state = readState(context.state.file, context.stateOptions);
    return new Reasons(context, device, state, await trialOn(context, device));
  }

  /** One a frame. */
  async describe(frames: readonly TappedFrame[]): Promise<string[]> {
    await this.#follow();
    const block = blockOf(frames.map((frame) => frame.octets));
    this.trial.judge(block);
    return frames.map(({ verdict }, i) => this.#describeOne(block, i, verdict));
  }

  close(): void {
    this.trial.close();
  }

  #describeOne(block: FrameBlock, i: number, verdict: Verdict): string {
    const reason = this.trial.reasons[i]!;
    if (OUTCOMES[reason]?.verdict === verdict) return describeReason(block, i, reason);
    // A filter with a memory, or one that is another by now.
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
      const state = readState(this.context.state.file);
      if (state.rev === this.state.rev) return;
      const next = await trialOn(this.context, this.device);
      this.trial.close();
      this.trial = next;
      this.state = state;
    } catch {
      // Who writes it, or runs with it, tells what is wrong.
    }
  }
}

const trialOn = async (context: Context, device: string): Promise<Trial> =>
  startTrial(context, await filterOn(context, device));
