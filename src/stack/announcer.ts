// RFC 5227: an evlnet VLAN port probes its address once, then announces it twice. It answers meanwhile: the address is configuration,
// as on a kernel device, and a conflict is reported, not yielded to.
import { Drop } from '../drop.js';
import type { Batch } from '../memory/batch.js';
import { SLOT_STRIDE } from '../memory/counters.js';
import { writeOwn } from './arp.js';
import type { Port } from './port.js';
import { Timer } from './timer.js';
import type { Transmitter } from './transmitter.js';

/** A frame for which there is no buffer is tried again after that. */
const RETRY_NS = 100e6;
const PROBE_TO_ANNOUNCEMENT_NS = 200e6;
/** ANNOUNCE_INTERVAL. */
const ANNOUNCEMENT_INTERVAL_NS = 2e9;
/** DEFEND_INTERVAL. */
const DEFEND_INTERVAL_NS = 10e9;
/** Of the last announcement. */
const LAST_STEP = 2;

interface Pending {
  readonly port: Port;
  readonly address: number;
  /** 0 the probe, 1 and 2 the announcements. */
  step: number;
  dueNs: number;
}

export class Announcer extends Timer {
  #pending: Pending[] = [];
  /** When an address of a slot was defended last. */
  readonly #defendedNs = new Map<number, number>();

  constructor(
    readonly device: Transmitter,
    readonly batch: Batch,
    readonly counts: Float64Array,
  ) {
    super();
  }

  /** Starts for addresses of `port` that `before`, its predecessor in the slot, did not have; what is under way for the others goes on. */
  start(port: Port, before: Port | undefined, nowNs: number): void {
    const kept = (p: Pending) => p.port.slot !== port.slot || (port.ownsArp && port.owns(p.address));
    this.#pending = this.#pending.filter(kept).map((p) => (p.port.slot === port.slot ? { ...p, port } : p));
    if (port.ownsArp)
      for (const address of port.addresses)
        if (!before?.ownsArp || !before.owns(address))
          this.#pending.push({ port, address, step: 0, dueNs: nowNs });
    this.#schedule();
  }

  /** Another host has used that address: one announcement tells whom it may have led astray, as of an address that is not given up (RFC 5227 §2.4 c). */
  defend(port: Port, address: number, nowNs: number): void {
    const last = this.#defendedNs.get(port.slot);
    if (last !== undefined && nowNs - last < DEFEND_INTERVAL_NS) return;
    this.#defendedNs.set(port.slot, nowNs);
    this.#pending.push({ port, address, step: LAST_STEP, dueNs: nowNs });
    this.#schedule();
  }

  stop(slot: number): void {
    this.#pending = this.#pending.filter((p) => p.port.slot !== slot);
    this.#schedule();
  }

  /** Sends what is due; a frame for which there is no buffer or no room in the ring is tried again. */
  run(nowNs: number): void {
    for (const p of this.#pending) {
      if (p.dueNs > nowNs) continue;
      if (this.device.reserve(this.batch, 1) === 0) {
        this.counts[p.port.slot * SLOT_STRIDE + Drop.NoBuffer]! += 1;
        p.dueNs = nowNs + RETRY_NS;
        continue;
      }
      const { view } = this.device.arena;
      const at = this.batch.at[this.batch.count - 1]!;
      this.batch.length[this.batch.count - 1] = writeOwn(
        view,
        at,
        p.port,
        p.address,
        p.step === 0 ? 'probe' : 'announcement',
      );
      if (this.device.transmit(this.batch) === 0) continue;
      p.dueNs = nowNs + (p.step === 0 ? PROBE_TO_ANNOUNCEMENT_NS : ANNOUNCEMENT_INTERVAL_NS);
      p.step++;
    }
    this.#pending = this.#pending.filter((p) => p.step <= LAST_STEP);
    this.#schedule();
    this.device.flush();
  }

  #schedule(): void {
    this.dueNs = this.#pending.reduce((least, p) => Math.min(least, p.dueNs), Number.POSITIVE_INFINITY);
  }
}
