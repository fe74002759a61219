import { setTimeout as pause } from 'node:timers/promises';
import { runRoot } from '../../control/run-folder.js';
import { EvlnetError, Exit } from '../../errors.js';
import { monotonicEpochNs } from '../../linux/clock.js';
import type { Context } from '../context.js';
import { toCapture } from '../dump/capture.js';
import { FrameTap } from '../dump/frame-tap.js';
import { toLines } from '../dump/lines.js';
import { Reasons } from '../dump/reasons.js';
import { replay } from '../dump/replay.js';
import { Selection } from '../dump/selection.js';

/** Between two looks: what comes meanwhile waits in the rings of the kernel. */
const LOOK_MS = 20;

/** `evlnet dump`: frames as they come to the hook, and what becomes of them. */
export async function run(context: Context): Promise<number> {
  const { arguments: given, io } = context;
  if (given.has('read')) return replay(context);
  const ifname = given.text('interface')!;
  const selection = await Selection.of(context);
  const { device } = selection;

  const reasons = await Reasons.of(context, device);
  try {
    const tap = await FrameTap.open(runRoot(context.state), device);
    try {
      const file = given.text('write');
      const shown = file === undefined ? toLines(context, device) : toCapture(file, device, io);
      // It holds though the clock of the day is set meanwhile.
      const epoch = monotonicEpochNs();
      const stop = io.stop();
      let count = 0;
      let isRead = await shown.begin(`listening to interface ${ifname}`);
      try {
        for (;;) {
          // What came before the end is shown, too.
          const isLast = stop.aborted || tap.isGone;
          const frames = tap.take(isLast).filter((frame) => selection.has(frame));
          frames.length = Math.min(frames.length, selection.limit - count);
          const whys = frames.length === 0 ? [] : await reasons.describe(frames);
          for (const [i, frame] of frames.entries())
            isRead = isRead && (await shown.show(frame, epoch + BigInt(frame.timeNs), whys[i]!));
          count += frames.length;
          if (isLast && tap.isGone) throw workerEnded(device);
          if (isLast || !isRead || count >= selection.limit) break;
          await pause(LOOK_MS, undefined, { signal: stop }).catch(() => {});
        }
      } finally {
        await shown.end(`${count} frames, ${tap.lost} lost`, { frames: count, lost: tap.lost });
      }
    } finally {
      tap.close();
    }
    return Exit.Ok;
  } finally {
    reasons.close();
  }
}

const workerEnded = (device: string) =>
  new EvlnetError('EVL_WORKER_GONE', `The worker of "${device}" ended: all is in-band there`, {
    hint: `evlnet run ${device}, then again`,
  });
