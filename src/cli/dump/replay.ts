import { statSync } from 'node:fs';
import type { FrameBlock } from '../../capture/block.js';
import { readNetworkTables } from '../../configuration/tables.js';
import { EvlnetError, Exit, usage } from '../../errors.js';
import { OUTCOMES } from '../../filter/classify.js';
import { Verdict } from '../../filter/verdict.js';
import { readState } from '../../state/file.js';
import { describeReason } from '../../trial/describe.js';
import { kernelEngine } from '../../trial/kernel.js';
import { Replay } from '../../trial/replay.js';
import { Trial } from '../../trial/trial.js';
import { plan, type Wanted } from '../../worker/plan.js';
import type { Context } from '../context.js';
import { captureFrames } from '../filter/frames.js';
import { filterOn, type Tried } from '../filter/opened.js';
import { startTrial } from '../filter/start-trial.js';
import { droppedText } from '../responder-summary.js';
import { toCapture } from './capture.js';
import { toLines } from './lines.js';
import { verdictOf } from './record.js';
import { Selection, vidOf } from './selection.js';
import type { Shown } from './shown.js';

/** Where none are recorded. */
const SERVICES: readonly Wanted[] = [{ service: 'icmp-responder' }];

/** `evlnet dump -r`: a capture through filter and stack. */
export async function replay(context: Context): Promise<number> {
  const { arguments: given, io } = context;
  const selection = await Selection.of(context);
  const tried = await filterOn(context, selection.device);
  const trial = await trialOf(context, tried);
  try {
    const stack = new Replay(await portsOf(context, tried));
    const [from, to] = [given.text('read')!, given.text('write')];
    if (to !== undefined) refuseSame(from, to);
    const frames = captureFrames(from, io, { timed: true }, trial.engine.buffer);
    try {
      const shown =
        to === undefined ? toLines(context, selection.device) : toCapture(to, selection.device, io);
      const player = new Player(trial, stack, selection, shown);
      await shown.begin(`reading from ${from === '-' ? 'standard input' : from}`);
      try {
        for (let block = await frames.next(); block; block = await frames.next())
          if (!(await player.play(block))) break;
      } finally {
        await player.end();
      }
    } finally {
      frames.close();
    }
    const { cut } = trial.tally;
    if (cut > 0)
      context.warn(`The capture holds only the beginning of ${cut} frames`, 'tcpdump -s 0 keeps them whole');
    const left = frames.left();
    if (left > 0) context.warn(`The capture ends in the middle of a frame: ${left} octets are left`);
    return Exit.Ok;
  } finally {
    trial.close();
  }
}

/** Plays frames, in their own time, and counts. */
class Player {
  #begin: bigint | undefined;
  #frames = 0;
  #taken = 0;
  #transmitted = 0;

  constructor(
    readonly trial: Trial,
    readonly stack: Replay,
    readonly selection: Selection,
    readonly shown: Shown,
  ) {}

  /** False where that is enough, or nobody reads any more. */
  async play(block: FrameBlock): Promise<boolean> {
    this.trial.judge(block);
    for (let i = 0; i < block.count; i++)
      if (this.#frames >= this.selection.limit || !(await this.#playOne(block, i))) return false;
    return true;
  }

  async end(): Promise<void> {
    const drops = this.stack.drops();
    const [frames, taken, transmitted] = [this.#frames, this.#taken, this.#transmitted];
    const text = `${frames} frames, ${taken} out-of-band, ${transmitted} sent, ${droppedText(drops)}`;
    await this.shown.end(text, { frames, taken, transmitted, drops });
  }

  async #playOne(block: FrameBlock, i: number): Promise<boolean> {
    const at = block.offsets[i]!;
    const octets = block.octets.subarray(at, at + block.lengths[i]!);
    const reason = this.trial.reasons[i]!;
    const frame = { octets, length: octets.length, verdict: OUTCOMES[reason]?.verdict ?? Verdict.Skip };
    if (!this.selection.has(frame)) return true;
    const ns = block.times![i]!;
    this.#begin ??= ns;
    for (const sent of this.stack.pass(Number(ns - this.#begin)))
      if (!(await this.#send(sent.octets, this.#begin + BigInt(sent.ns)))) return false;
    this.#frames++;
    const why = describeReason(block, i, reason);
    if (!verdictOf(frame).oob) return this.shown.show(frame, ns, why);
    this.#taken++;
    const { fate, drop, sent } = this.stack.receive(octets, Math.max(0, vidOf(octets)));
    const word = { stack: fate, ...(drop === undefined ? {} : { drop }) };
    if (!(await this.shown.show(frame, ns, why, word))) return false;
    for (const reply of sent) if (!(await this.#send(reply, ns))) return false;
    return true;
  }

  #send(octets: Uint8Array, ns: bigint): Promise<boolean> {
    this.#transmitted++;
    return this.shown.sent(octets, ns);
  }
}

/** Opened to be written, it would be empty before it is read. */
function refuseSame(from: string, to: string): void {
  const [a, b] = [from, to].map((file) =>
    file === '-' ? undefined : statSync(file, { throwIfNoEntry: false }),
  );
  if (a !== undefined && a.dev === b?.dev && a.ino === b.ino)
    throw usage('EVL_ARGUMENT', `Cannot read and write "${from}" at once`, 'name another file with -w');
}

/** What WebAssembly cannot run, the kernel does. */
async function trialOf(context: Context, tried: Tried): Promise<Trial> {
  try {
    return await startTrial(context, tried);
  } catch (error) {
    if (!(error instanceof EvlnetError) || error.code !== 'EVL_FILTER_UNSUPPORTED') throw error;
    return new Trial({ engine: kernelEngine(tried.filter, tried.base?.ifindex), place: tried.place });
  }
}

/** As a worker would set them up. */
async function portsOf(context: Context, { base }: Tried) {
  const state = readState(context.state.file, context.stateOptions);
  const recorded = state.services[base!.ifname]?.services ?? [];
  return plan(state, base!, await readNetworkTables(context), recorded.length > 0 ? recorded : SERVICES)
    .ports;
}
