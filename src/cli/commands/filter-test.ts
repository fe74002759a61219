import { Exit } from '../../errors.js';
import type { Trial } from '../../trial/trial.js';
import type { Context } from '../context.js';
import { givenFrames } from '../filter/frames.js';
import { givenFilter } from '../filter/opened.js';
import { Report } from '../filter/report.js';
import { startTrial } from '../filter/start-trial.js';

/** `evlnet filter test`: exit 4 where `expect` does not hold, or where two engines differ. */
export async function run(context: Context): Promise<number> {
  const tried = await givenFilter(context);
  const trial = await startTrial(context, tried);
  try {
    const frames = givenFrames(context, trial.engine.buffer);
    const report = new Report(context, trial, tried.source);
    try {
      for (let block = await frames.next(); block; block = await frames.next()) report.judge(block);
    } finally {
      frames.close();
    }
    await report.end();
    const stopped = trial.engine.stopped();
    if (stopped)
      context.warn(
        `The filter was stopped at ${stopped.count} of ${trial.tally.frames} frames, which counts as skip: ${stopped.text}`,
        'evlnet filter check FILE.o',
      );
    const left = frames.left();
    if (left > 0) context.warn(`The capture ends in the middle of a frame: ${left} octets are left`);
    return answer(context, trial);
  } finally {
    trial.close();
  }
}

/** The answer is no where a frame had another verdict, or there was none: a test that saw nothing proves nothing. */
function answer({ io, arguments: given }: Context, { tally, firstUnexpected: first }: Trial): Exit {
  const expected = given.text('expect');
  const says = (text: string) => io.stderr.write(`Error: ${text}\n`);
  if (tally.differences > 0) says(`engines differ in ${tally.differences} of ${tally.frames} frames`);
  if (expected !== undefined && tally.frames === 0) says(`there is no frame to be ${expected}`);
  if (first !== undefined)
    says(
      `frame ${first.frame} is ${first.verdict ?? 'not judged'}, not ${expected} (${first.reason})` +
        (tally.unexpected > 1 ? `, and ${tally.unexpected - 1} more of ${tally.frames}` : ''),
    );
  const isYes =
    tally.differences === 0 && first === undefined && (expected === undefined || tally.frames > 0);
  return isYes ? Exit.Ok : Exit.No;
}
