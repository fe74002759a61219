import { classify, innermostVid, OUTCOMES, Reason } from '../filter/classify.js';
import { VLANS } from '../filter/maps.js';
import { VERDICTS, Verdict, type VerdictName } from '../filter/verdict.js';
import { HEADER_LENGTH } from '../wire/ethernet.js';
import { NOT_RUN } from './engine.js';

/** The device that frames enter by, as far as the hook must know it. */
export interface Place {
  /** Its VLAN table; without a device nobody knows which VLANs are out-of-band. */
  readonly table: DataView | undefined;
  /** ACCEPT takes any ethertype. */
  readonly any: boolean;
}

/** What becomes of a frame beyond the reasons of the hook: an index behind them. */
export const UNDECIDED = OUTCOMES.length;
export const UNJUDGED = OUTCOMES.length + 1;
const REASON_COUNT = OUTCOMES.length + 2;

/** The reason for a frame whose filter returned `answer`. */
export function reasonFor(v: DataView, at: number, end: number, answer: number, place: Place): number {
  if (answer === NOT_RUN) return UNJUDGED;
  if (end - at < HEADER_LENGTH) return Reason.Short;
  if (answer === Verdict.Vlan && place.table === undefined)
    return innermostVid(v, at, end) < 0 ? Reason.Untagged : UNDECIDED;
  return classify(v, at, end, answer, place.table ?? EMPTY, place.any);
}

/** No VLAN is out-of-band. */
const EMPTY = new DataView(new ArrayBuffer(VLANS.maxEntries * VLANS.valueSize));

/** The filter's word for what it returned: EVL takes any other value for SKIP. */
export const verdictName = (answer: number): VerdictName => VERDICTS[answer] ?? 'skip';

/** Counts of one engine over a whole capture. */
export class Tally {
  frames = 0;
  /** Frames that the capture holds only the beginning of. */
  cut = 0;
  /** Frames that a second engine judged differently. */
  differences = 0;
  /** Frames with another verdict than was expected. */
  unexpected = 0;
  /** That judging took. */
  seconds = 0;
  /** By reason. */
  readonly reasons = new Float64Array(REASON_COUNT);
  /** By what the filter returned; any other value counts as skip. */
  readonly verdicts = new Float64Array(VERDICTS.length);

  add(answer: number, reason: number): void {
    this.frames++;
    this.reasons[reason]!++;
    if (answer !== NOT_RUN) this.verdicts[answer <= Verdict.Vlan ? answer : Verdict.Skip]!++;
  }
}
