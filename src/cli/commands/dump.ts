import { setTimeout as pause } from 'node:timers/promises';
import { findPlace } from '../../configuration/place.js';
import { recordedPorts } from '../../configuration/recorded-port.js';
import { readTables } from '../../configuration/tables.js';
import { runRoot } from '../../control/run-folder.js';
import { EvlnetError, Exit } from '../../errors.js';
import { innermostVid } from '../../filter/classify.js';
import { VERDICTS } from '../../filter/verdict.js';
import { monotonicEpochNs } from '../../linux/clock.js';
import { readState } from '../../state/file.js';
import type { Context } from '../context.js';
import { toCapture } from '../dump/capture.js';
import { FrameTap, type TappedFrame } from '../dump/frame-tap.js';
import { Reasons } from '../dump/reasons.js';
import { dumpLines, dumpRecord, isoTime } from '../dump/record.js';
import type { Shown } from '../dump/shown.js';
import { ownStdout, PatientWriter } from '../patient-writer.js';

/** Between two looks: what comes meanwhile waits in the rings of the kernel. */
const LOOK_MS = 20;

/** `evlnet dump`: frames as they come to the hook, and what becomes of them. */
export async function run(context: Context): Promise<number> {
  const { arguments: given, io } = context;
  const ifname = given.text('interface')!;
  const limit = given.number('count') ?? Number.POSITIVE_INFINITY;
  const wanted = given.list('verdict');
  const { device, vid } = await placeOf(context, ifname);

  const isWanted = ({ octets, verdict }: TappedFrame): boolean =>
    (wanted.length === 0 || wanted.includes(VERDICTS[verdict]!)) &&
    (vid === undefined || innermostVid(viewOf(octets), 0, octets.length) === vid);

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
          const frames = tap.take(isLast).filter(isWanted);
          frames.length = Math.min(frames.length, limit - count);
          const whys = frames.length === 0 ? [] : await reasons.describe(frames);
          for (const [i, frame] of frames.entries())
            isRead = isRead && (await shown.show(frame, epoch + BigInt(frame.timeNs), whys[i]!));
          count += frames.length;
          if (isLast && tap.isGone) throw workerEnded(device);
          if (isLast || !isRead || count >= limit) break;
          await pause(LOOK_MS, undefined, { signal: stop }).catch(() => {});
        }
      } finally {
        await shown.end(count, tap.lost);
      }
    } finally {
      tap.close();
    }
    return Exit.Ok;
  } finally {
    reasons.close();
  }
}

/** Its base device, and the VID that frames for it have: it need not be a port itself. */
async function placeOf(
  context: Context,
  ifname: string,
): Promise<{ device: string; vid: number | undefined }> {
  const { links } = await readTables(context);
  const ports = recordedPorts(readState(context.state.file, context.stateOptions), links);
  const port = ports.find((p) => p.ifname === ifname);
  if (port !== undefined) return { device: port.baseName, vid: port.vid };
  const { base, vid } = findPlace(ifname, {}, links);
  return { device: base.ifname, vid };
}

const viewOf = (octets: Uint8Array): DataView =>
  new DataView(octets.buffer, octets.byteOffset, octets.byteLength);

const workerEnded = (device: string) =>
  new EvlnetError('EVL_WORKER_GONE', `The worker of "${device}" ended: all is in-band there`, {
    hint: `evlnet run ${device}, then again`,
  });

function toLines({ arguments: given, globals, io }: Context, ifname: string): Shown {
  const out = new PatientWriter(ownStdout(), io.stop());
  const line = (text: string) => out.write(Buffer.from(`${text}\n`));
  return {
    begin: async (text) => globals.json || line(text),
    show(frame, ns, reason) {
      const record = dumpRecord(frame, ifname, isoTime(ns), reason, given.flag('hex'));
      return line(globals.json ? JSON.stringify(record) : dumpLines(record, ns).join('\n'));
    },
    end: (frames, lost) =>
      line(globals.json ? JSON.stringify({ frames, lost }) : `${frames} frames, ${lost} lost`),
  };
}
