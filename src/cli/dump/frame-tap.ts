import { type ControlClient, connect } from '../../control/client.js';
import { workerFolder } from '../../control/run-folder.js';
import { EvlnetError } from '../../errors.js';
import { LONGEST, TAP, Tapped } from '../../filter/tap.js';
import type { Verdict } from '../../filter/verdict.js';
import { type BpfMap, mapById, possibleCpus } from '../../linux/bpf.js';
import { nowNs } from '../../linux/clock.js';
import { Errno } from '../../linux/libc.js';
import { PerfRing } from '../../linux/perf-ring.js';
import type { JudgedFrame } from './shown.js';

export interface TappedFrame extends JudgedFrame {
  /** CLOCK_MONOTONIC. */
  readonly timeNs: number;
}

/** Frames as the XDP program of a worker tells of them. */
export class FrameTap {
  /** The worker has ended. */
  isGone = false;
  readonly #rings: PerfRing[] = [];
  #later: TappedFrame[] = [];

  private constructor(
    readonly map: BpfMap,
    readonly client: ControlClient,
  ) {
    void client.closed.then(() => {
      this.isGone = true;
    });
  }

  /** Of the device's worker, which must run. */
  static async open(runRoot: string, device: string): Promise<FrameTap> {
    const client = await connect(workerFolder(runRoot, device));
    let tap: FrameTap | undefined;
    try {
      const { map: id } = await client.request('tap');
      tap = new FrameTap(mapById(TAP, id), client);
      tap.#openRings();
      await client.request('tap-begin');
      return tap;
    } catch (error) {
      if (tap === undefined) client.close();
      else tap.close();
      throw denied(error) ?? error;
    }
  }

  /** What has come since, in the order of time. What is not in order yet is kept for the next time, unless this is the last one. */
  take(isLast: boolean): TappedFrame[] {
    const untilNs = nowNs();
    const frames = this.#later;
    for (const ring of this.#rings)
      ring.drain((octets, view) => {
        const length = view.getUint32(Tapped.length, true);
        const end = Tapped.frame + Math.min(length, LONGEST);
        frames.push({
          timeNs: Number(view.getBigUint64(Tapped.time, true)),
          verdict: view.getUint32(Tapped.verdict, true) as Verdict,
          queue: view.getUint32(Tapped.queue, true),
          octets: octets.slice(Tapped.frame, end),
          length,
        });
      });
    frames.sort((a, b) => a.timeNs - b.timeNs);
    // Rings are looked at one after the other.
    const early = isLast ? -1 : frames.findIndex((frame) => frame.timeNs > untilNs);
    this.#later = early < 0 ? [] : frames.splice(early);
    return frames;
  }

  /** Frames that found no room. */
  get lost(): number {
    return this.#rings.reduce((sum, ring) => sum + ring.lost, 0);
  }

  close(): void {
    this.client.close();
    for (const ring of this.#rings) ring.close();
    // With it goes what was put in.
    this.map.close();
  }

  #openRings(): void {
    for (let cpu = 0; cpu < possibleCpus(); cpu++)
      try {
        const ring = PerfRing.open(cpu);
        this.#rings.push(ring);
        this.map.update(cpu, new Uint8Array(Uint32Array.of(ring.fd).buffer));
      } catch (error) {
        // That CPU is not there.
        if (error instanceof EvlnetError && error.errno === Errno.ENODEV) continue;
        throw error;
      }
  }
}

/** What is told where a privilege is missing. */
function denied(error: unknown): EvlnetError | undefined {
  if (!(error instanceof EvlnetError)) return undefined;
  const { errno, message } = error;
  if (errno !== Errno.EPERM && errno !== Errno.EACCES) return undefined;
  return new EvlnetError('EVL_PERMISSION', message, {
    errno,
    hint: 'run as root: this looks into the worker',
  });
}
