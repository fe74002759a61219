import type { Device } from '../device/device.js';
import { Drop } from '../drop.js';
import { nowNs } from '../linux/clock.js';
import { schedYield } from '../linux/libc.js';
import { BATCH, Batch } from '../memory/batch.js';
import { type Counters, DeviceCounter, Stage } from '../memory/counters.js';
import { record } from '../memory/histogram.js';
import type { Stack } from '../stack/stack.js';
import { type Spin, Word } from './shared.js';
import type { SocketSide } from './socket-side.js';
import type { Timers } from './timers.js';

/** The loop looks up at least this often: heartbeat, timers and commands of a port without traffic. */
const MAX_WAIT_MS = 100;
/** Nothing wakes the loop when a frame has left: while somebody wants to know, it looks. */
const FOLLOW_MS = 1;
const DEFAULT_SPIN_NS = 50_000;
/** Turns between two looks at the clock while nothing arrives. */
const TURNS_PER_CLOCK = 1024;
/** Empty turns between two offers of the CPU to an application that was woken. */
const TURNS_PER_YIELD = 16;
/** So many, about a millisecond: an application that has sent nothing by then only receives, or shares the CPU as the kernel sees fit. */
const YIELDING_TURNS = 16 * TURNS_PER_CLOCK;
const WARM_UP = 2000;

/** The out-of-band side: receives, runs the stack, transmits; nothing else. */
export class Loop {
  readonly #rx = new Batch(BATCH);
  #spin: number;
  readonly #measuresSpin: boolean;
  /** Empty turns since the last batch; of one at least after a wait, so that the next batch looks at the clock. */
  #idle = 1;
  #clockNs = 0;
  #endNs = 0;
  #commandsSeen = 0;
  /** Something is being loaded, and wants the event loop after every turn. */
  isShared = false;

  constructor(
    readonly device: Device,
    readonly stack: Stack,
    readonly sockets: SocketSide,
    readonly counters: Counters,
    readonly words: Int32Array,
    readonly timers: Timers,
    /** A promise where one of them wants the event loop; until that is kept, nothing else is done. */
    readonly onCommands: () => Promise<void> | undefined,
    spin: Spin | undefined,
  ) {
    this.#measuresSpin = spin === undefined;
    this.#spin = spin === 'always' ? Number.POSITIVE_INFINITY : (spin ?? 4 * TURNS_PER_CLOCK);
  }

  /** Ends when Word.Stop is set. */
  async run(): Promise<void> {
    // Empty batches: the engine has compiled device and loop before the first frame.
    for (let i = 0; i < WARM_UP; i++) this.#batch();
    Atomics.store(this.words, Word.Running, 1);
    for (;;) {
      const wait = this.#turns();
      if (wait === undefined) return;
      await wait;
    }
  }

  /** Turns until told to stop (undefined), or until somebody wants the event loop: the device, when it answers a wait with a promise. */
  #turns(): Promise<void> | undefined {
    const { device, words, counters, timers, sockets } = this;
    sockets.bell.wake();
    do {
      words[Word.Heartbeat] = (words[Word.Heartbeat]! + 1) | 0;
      // Plain reads: Atomics.load is a call (V8 11.3 does not inline it), and these are most of what an empty turn does.
      if (words[Word.Command] !== this.#commandsSeen) {
        this.#commandsSeen = Atomics.load(words, Word.Command);
        const wait = this.onCommands();
        if (wait !== undefined) return wait.then(() => this.#obeyed());
        this.#obeyed();
      }
      if (words[Word.Stop] !== 0) {
        // What a program sent before it ended leaves, though its worker ends with it.
        if (sockets.hasWork) sockets.transmit(nowNs());
        return undefined;
      }
      if (sockets.showsWork) {
        sockets.transmit(nowNs());
        sockets.wakeReaders();
        this.#idle = 1;
      }
      if (device.receive(this.#rx) > 0) {
        const now = this.#batch();
        if (now >= timers.dueNs) timers.run(now);
        continue;
      }
      this.#idle++;
      const isFollowing = device.marks.underWay > 0;
      if (isFollowing) this.#lookForSent();
      // It may wait for this CPU: the kernel does not always let who is woken run before who turns (p99 of an answer 195 us, with this 96).
      if (sockets.hasWoken && this.#idle % TURNS_PER_YIELD === 0 && this.#idle < YIELDING_TURNS) schedYield();
      if (this.#idle < this.#spin) {
        if (this.#idle % TURNS_PER_CLOCK === 0) {
          const now = nowNs();
          if (this.#measuresSpin && this.#idle === 2 * TURNS_PER_CLOCK) this.#measure(now - this.#clockNs);
          this.#clockNs = now;
          if (now >= timers.dueNs) timers.run(now);
        }
        continue;
      }
      this.#idle = 1;
      const waitMs = this.isShared ? 0 : Math.min(this.#untilDue(), isFollowing ? FOLLOW_MS : MAX_WAIT_MS);
      counters.device[DeviceCounter.Waits]! += 1;
      sockets.bell.sleep();
      if (sockets.hasWork) {
        sockets.bell.wake();
        continue;
      }
      const wait = device.wait(waitMs);
      if (wait !== undefined) return wait;
      sockets.bell.wake();
    } while (!this.isShared);
    return new Promise((resolve) => setImmediate(resolve));
  }

  #obeyed(): void {
    Atomics.store(this.words, Word.Done, this.#commandsSeen);
  }

  /** Frames that have left since. */
  #lookForSent(): void {
    this.device.flush();
    this.sockets.wakeReaders();
  }

  /** Runs the timers that are due; how long there is nothing to do for them. What is left of a millisecond is spent turning. */
  #untilDue(): number {
    const { timers } = this;
    if (timers.dueNs === Number.POSITIVE_INFINITY) return MAX_WAIT_MS;
    const now = nowNs();
    if (now >= timers.dueNs) timers.run(now);
    return Math.max(0, Math.min(MAX_WAIT_MS, Math.floor((timers.dueNs - now) / 1e6)));
  }

  /** One batch, from the receive ring to the wire; returns the time at its end. */
  #batch(): number {
    const { device, stack, sockets, counters } = this;
    // A batch right after another began when that one ended: one look at the clock is enough. But no frame was taken before the driver had it.
    const isStamped = device.stamp !== 0;
    const start = this.#idle === 0 && !isStamped ? this.#endNs : nowNs();
    const count = this.#rx.count;
    stack.tracer.batchNs = start;
    stack.input(this.#rx);
    device.transmit(stack.replies);
    device.release(stack.spent);
    device.flush();
    sockets.wakeReaders();
    const end = nowNs();
    record(counters.serviceTime, end - start, count);
    if (isStamped) this.#recordStages(start, end);
    counters.slots[Drop.TxRingFull] = device.refused;
    this.#idle = 0;
    this.#endNs = end;
    return end;
  }

  /** Frames come with times of that mark from now on (filter/stamp.ts), 0: with none; nor with those of frames that came in their places before. */
  stamp(mark: number): void {
    this.device.stamp = mark;
    this.#rx.forgetTimes();
  }

  #recordStages(queueNs: number, doneNs: number): void {
    const { driverNs, count } = this.#rx;
    const { stages } = this.counters;
    for (let i = 0; i < count; i++) {
      const ns = driverNs[i]!;
      if (ns === 0) continue;
      record(stages[Stage.DriverQueue]!, queueNs - ns, 1);
      record(stages[Stage.DriverDone]!, doneNs - ns, 1);
    }
  }

  /** The default spin, from how long the last TURNS_PER_CLOCK empty turns took; never so short that it is not measured again. */
  #measure(ns: number): void {
    this.#spin = Math.max(
      2 * TURNS_PER_CLOCK + 1,
      Math.round((DEFAULT_SPIN_NS * TURNS_PER_CLOCK) / Math.max(ns, 1)),
    );
  }
}
