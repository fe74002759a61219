import type { FrameBlock } from '../capture/block.js';
import { innermostVid, OUTCOMES, type Reason, reasonText } from '../filter/classify.js';
import { VERDICTS } from '../filter/verdict.js';
import { summary } from '../wire/summary.js';
import { UNDECIDED, UNJUDGED } from './judgement.js';

const viewOf = ({ octets }: FrameBlock): DataView =>
  new DataView(octets.buffer, octets.byteOffset, octets.byteLength);

/** Frame `i` of the block in one line. */
export function describeFrame(block: FrameBlock, i: number): string {
  const at = block.offsets[i]!;
  return summary(viewOf(block), at, at + block.lengths[i]!);
}

/** Why frame `i` of the block is taken or not. */
export function describeReason(block: FrameBlock, i: number, reason: number): string {
  const at = block.offsets[i]!;
  const vid = innermostVid(viewOf(block), at, at + block.lengths[i]!);
  if (reason === UNDECIDED) return `vlan ${vid}, if it is in the set`;
  return reason === UNJUDGED ? NOT_JUDGED : reasonText(reason as Reason, vid);
}

/** The same of many frames, whatever their VLAN. */
export function nameReason(reason: number): string {
  if (reason === UNDECIDED) return 'vlan, if it is in the set';
  if (reason === UNJUDGED) return NOT_JUDGED;
  const { text, verdict } = OUTCOMES[reason]!;
  return text.startsWith(' ') ? `vlan${text}` : text === 'filter' ? `filter: ${VERDICTS[verdict]}` : text;
}

const NOT_JUDGED = 'the kernel runs no such frame: too short, too long, or cut in its IP header';
