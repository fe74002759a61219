// RFC 791 §3.2, the other way: a packet longer than the MTU leaves in fragments, as ip_do_fragment() of Linux cuts it (net/ipv4/ip_output.c).
import { Drop } from '../drop.js';
import { BATCH, Batch } from '../memory/batch.js';
import { type Counters, SLOT_STRIDE, SlotCounter } from '../memory/counters.js';
import * as ipv4 from '../wire/ipv4.js';
import { copy } from '../wire/octets.js';
import { clearUncopied } from '../wire/options.js';
import * as vlan from '../wire/vlan.js';
import type { Packet } from './packet.js';
import type { Port } from './port.js';
import { reserveAll, type Transmitter } from './transmitter.js';

/** Every fragment but the last carries a multiple of that. */
const UNIT = 8;

export class Fragmenter {
  readonly #out = new Batch(BATCH);
  readonly #counts: Float64Array;

  constructor(
    readonly device: Transmitter,
    counters: Counters,
  ) {
    this.#counts = counters.slots;
  }

  /**
   * Sends a packet that lies outside the device's memory as one frame, from `p.at` to `p.replyEnd` with its IPv4 header at `p.l3`: in one
   * buffer, or cut for the port's MTU into as many as it takes. Whether it may be cut (DF) is for the caller to know; options and
   * identification are the packet's. Counts what it sends, or that there was no buffer; the octets of `p` are used up.
   */
  send(p: Packet, port: Port): boolean {
    const headers = p.l3 + ipv4.headerLength(p.view, p.l3) - p.at;
    const payload = p.replyEnd - p.at - headers;
    // A VLAN device leaves room for one tag beyond the MTU; a second one is at the cost of the packet.
    const second = p.tags > 1 ? (p.tags - 1) * vlan.TAG_LENGTH : 0;
    const longest = Math.min(port.mtu - second + (p.l3 - p.at), this.device.capabilities.maxFrame);
    if (headers + payload <= longest) {
      if (!this.#reserve(1, port)) return false;
      this.#write(0, p, headers, 0, payload);
      this.#transmit(port);
      return true;
    }
    const step = Math.max(UNIT, (longest - headers) & -UNIT);
    this.#counts[port.slot * SLOT_STRIDE + SlotCounter.Fragmented]! += 1;
    for (let from = 0; from < payload; ) {
      if (!this.#reserve(Math.min(Math.ceil((payload - from) / step), BATCH), port)) return false;
      for (let i = 0; i < this.#out.count; i++, from += step) this.#cut(i, p, headers, from, step, payload);
      this.#counts[port.slot * SLOT_STRIDE + SlotCounter.FragmentsSent]! += this.#out.count;
      this.#transmit(port);
    }
    return true;
  }

  #reserve(frames: number, port: Port): boolean {
    if (reserveAll(this.device, this.#out, frames)) return true;
    this.#counts[port.slot * SLOT_STRIDE + Drop.NoBuffer]! += 1;
    return false;
  }

  /** The headers, and `length` octets of the payload from `from` on. */
  #write(i: number, p: Packet, headers: number, from: number, length: number): void {
    const { view } = this.device.arena;
    const at = this.#out.at[i]!;
    const payload = p.at + headers;
    copy(p.view, p.at, payload, view, at);
    copy(p.view, payload + from, payload + from + length, view, at + headers);
    this.#out.length[i] = headers + length;
    this.#out.queue[i] = p.queue;
  }

  #cut(i: number, p: Packet, headers: number, from: number, step: number, payload: number): void {
    const isLast = from + step >= payload;
    this.#write(i, p, headers, from, isLast ? payload - from : step);
    const { view } = this.device.arena;
    const at = this.#out.at[i]!;
    const l3 = at + p.l3 - p.at;
    ipv4.setTotalLength(view, l3, at + this.#out.length[i]! - l3);
    ipv4.setFragment(view, l3, from, !isLast);
    ipv4.writeChecksum(view, l3);
    if (from === 0) clearUncopied(p.view, p.l3 + ipv4.MIN_HEADER_LENGTH, p.at + headers);
  }

  #transmit(port: Port): void {
    const out = this.#out;
    const slot = port.slot * SLOT_STRIDE;
    this.#counts[slot + SlotCounter.TxPackets]! += out.count;
    for (let i = 0; i < out.count; i++) this.#counts[slot + SlotCounter.TxBytes]! += out.length[i]!;
    this.device.transmit(out);
  }
}
