import { type Counters, Stage } from '../memory/counters.js';
import { record } from '../memory/histogram.js';
import { SocketCounter } from '../memory/socket-page.js';
import type { TxSink } from '../memory/tx-marks.js';
import type { Delivery, Endpoint } from './endpoint.js';

/** Nothing waits for an hour. */
const LONGEST_NS = 3.6e12;

/** Tells sockets when what they sent has left, as Linux does by the error queue (SO_TIMESTAMPING, SOF_TIMESTAMPING_OPT_ID). */
export class SentStamps implements TxSink {
  readonly #waited: Float64Array;
  readonly #left: Float64Array;

  constructor(
    readonly delivery: Delivery,
    { stages }: Counters,
  ) {
    this.#waited = stages[Stage.ApplicationQueue]!;
    this.#left = stages[Stage.QueueDriver]!;
  }

  sent(e: Endpoint, id: number, applicationNs: number, queueNs: number, driverNs: number): void {
    const waited = queueNs - applicationNs;
    // The application's time is what it says.
    if (waited >= 0 && waited < LONGEST_NS) record(this.#waited, waited, 1);
    if (driverNs !== 0) record(this.#left, driverNs - queueNs, 1);
    if (e.page.stamp(id, applicationNs, queueNs, driverNs)) this.delivery.tell(e);
    else e.page.counters[SocketCounter.StampsLost]! += 1;
  }
}
