import type { FrameBlock } from '../../capture/block.js';
import { OUTCOMES } from '../../filter/classify.js';
import { describeFrame, describeReason } from '../../trial/describe.js';
import { NOT_RUN } from '../../trial/engine.js';
import { verdictName } from '../../trial/judgement.js';
import type { Trial } from '../../trial/trial.js';
import type { FrameRecord } from './trial-view.js';

/** Of frame `i` of the block that was judged last. `rule` decided, where that is known. */
export function frameRecord(trial: Trial, block: FrameBlock, i: number, rule?: number): FrameRecord {
  const answer = trial.answers[i]!;
  const reason = trial.reasons[i]!;
  const other = trial.difference(i);
  const printed = trial.engine.lines();
  const isTaken = OUTCOMES[reason]?.isTaken;
  return {
    frame: trial.tally.frames - block.count + i + 1,
    length: block.lengths[i]!,
    ...(answer === NOT_RUN ? {} : { verdict: verdictName(answer) }),
    ...(isTaken === undefined ? {} : { oob: isTaken }),
    reason: describeReason(block, i, reason),
    ...(rule === undefined ? {} : { rule }),
    ...(other === undefined ? {} : { kernel: verdictName(other) }),
    summary: describeFrame(block, i),
    ...(printed.length === 0 ? {} : { printed }),
  };
}

/** Number of the rule whose count moved, from 1; 0 for the default, which counts last. */
export function ruleThatDecided(
  before: readonly number[] | undefined,
  after: readonly number[] | undefined,
): number | undefined {
  const moved = after?.findIndex((hits, i) => hits !== before?.[i]) ?? -1;
  return moved < 0 ? undefined : (moved + 1) % after!.length;
}
