/** Frames on their way between a device and the stack: parallel arrays, made once, filled up to `count`. */
export class Batch {
  /** First octet of the frame in the arena. */
  readonly at: Uint32Array;
  /** Octets, without FCS. */
  readonly length: Uint32Array;
  /** Queue of the device that the frame came from or goes to. */
  readonly queue: Uint16Array;
  /** When the driver had it, CLOCK_MONOTONIC in nanoseconds; 0 where it says nothing. Told by `receive` while the device has a stamp. */
  readonly driverNs: Float64Array;
  /**
   * When the NIC had it, by its own clock: nanoseconds, the bits of the low and the high half; 0 where it says nothing. Told with `driverNs`. With
   * a sign, as everywhere on their way: the engine may box what has 32 bits without one.
   */
  readonly hardwareLow: Int32Array;
  readonly hardwareHigh: Int32Array;
  count = 0;

  constructor(readonly capacity: number) {
    this.at = new Uint32Array(capacity);
    this.length = new Uint32Array(capacity);
    this.queue = new Uint16Array(capacity);
    this.driverNs = new Float64Array(capacity);
    this.hardwareLow = new Int32Array(capacity);
    this.hardwareHigh = new Int32Array(capacity);
  }

  /** Of a device that tells none any more. */
  forgetTimes(): void {
    this.driverNs.fill(0);
    this.hardwareLow.fill(0);
    this.hardwareHigh.fill(0);
  }

  /** The caller has made sure that there is room. */
  push(at: number, length: number, queue: number): void {
    const i = this.count++;
    this.at[i] = at;
    this.length[i] = length;
    this.queue[i] = queue;
  }
}

/** Frames handled between two looks at anything else. */
export const BATCH = 64;
