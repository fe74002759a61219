import { OUTCOMES } from '../../filter/classify.js';
import type { FilterSource } from '../../filter/source.js';
import { VERDICTS, type VerdictName } from '../../filter/verdict.js';
import { nameReason } from '../../trial/describe.js';
import { UNDECIDED, UNJUDGED } from '../../trial/judgement.js';
import type { Trial } from '../../trial/trial.js';
import type { TotalsRecord } from './trial-view.js';

export function totalsRecord(trial: Trial, source: FilterSource): TotalsRecord {
  const { tally, engine } = trial;
  const taken = OUTCOMES.reduce((sum, o, reason) => sum + (o.isTaken ? tally.reasons[reason]! : 0), 0);
  const undecided = tally.reasons[UNDECIDED]!;
  const unjudged = tally.reasons[UNJUDGED]!;
  const drop = tally.verdicts[VERDICTS.indexOf('drop')]!;
  const rules = rulesOf(source, engine.hits());
  return {
    engine: trial.isCompared ? 'both' : engine.name,
    frames: tally.frames,
    verdicts: Object.fromEntries(VERDICTS.map((name, i) => [name, tally.verdicts[i]!])) as Record<
      VerdictName,
      number
    >,
    taken,
    inband: tally.frames - taken - undecided - unjudged - drop,
    ...(undecided > 0 ? { undecided } : {}),
    ...(unjudged > 0 ? { unjudged } : {}),
    reasons: Object.fromEntries(
      [...tally.reasons].flatMap((count, reason) => (count > 0 ? [[nameReason(reason), count]] : [])),
    ),
    ...(rules ? { rules } : {}),
    ...(tally.cut > 0 ? { cut: tally.cut } : {}),
    ...(trial.isCompared ? { differences: tally.differences } : {}),
    ...(tally.seconds > 0 ? { rate: Math.round(tally.frames / tally.seconds) } : {}),
  };
}

function rulesOf(source: FilterSource, hits: readonly number[] | undefined): TotalsRecord['rules'] {
  if (!('rules' in source) || hits === undefined) return undefined;
  const rules = source.rules.map(({ match, verdict }, i) => ({ match, verdict, hits: hits[i] ?? 0 }));
  return [...rules, { verdict: source.default, hits: hits[rules.length] ?? 0 }];
}
