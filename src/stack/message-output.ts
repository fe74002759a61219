// RFC 791 §3.2: messages of one's own that lie whole in a memory of theirs, on their way out; cut where they are longer than the MTU.
import { Drop } from '../drop.js';
import { BATCH, Batch } from '../memory/batch.js';
import { type Counters, SLOT_STRIDE, SlotCounter } from '../memory/counters.js';
import * as ipv4 from '../wire/ipv4.js';
import { copy } from '../wire/octets.js';
import { Identifications } from './identification.js';
import type { Output } from './output.js';
import type { Path } from './path.js';
import { reserveAll } from './transmitter.js';

const IPV4 = ipv4.MIN_HEADER_LENGTH;
/** All fragments but the last carry a multiple of that. */
const UNIT = 8;

export class MessageOutput {
  readonly #out = new Batch(BATCH);
  readonly #identifications = new Identifications();
  readonly #counts: Float64Array;

  constructor(
    readonly output: Output,
    counters: Counters,
  ) {
    this.#counts = counters.slots;
  }

  /** Sends what `message` holds as the payload of `protocol`. 0, or why it is dropped, which is counted. */
  send(path: Path, protocol: number, message: DataView, nowNs: number): Drop {
    if (IPV4 + message.byteLength > path.mtu) return this.#cut(path, protocol, message, nowNs);
    if (this.output.reserve(path, this.#out, 1) === 0) return Drop.NoBuffer;
    // It fits, and may not be cut: the identification need not be unique (RFC 6864 §4.1).
    this.#write(0, path, protocol, message, 0, message.byteLength, 0, ipv4.DONT_FRAGMENT);
    return this.output.send(path, this.#out, 0, nowNs);
  }

  #cut(path: Path, protocol: number, message: DataView, nowNs: number): Drop {
    const all = message.byteLength;
    const step = Math.max(UNIT, (path.mtu - IPV4) & -UNIT);
    const id = this.#identifications.next(path.source, path.destination, protocol);
    const slot = path.port.slot * SLOT_STRIDE;
    this.#counts[slot + SlotCounter.Fragmented]! += 1;
    for (let from = 0; from < all; ) {
      const frames = Math.min(Math.ceil((all - from) / step), BATCH);
      if (!reserveAll(this.output.device, this.#out, frames)) {
        this.#counts[slot + Drop.NoBuffer]! += 1;
        return Drop.NoBuffer;
      }
      for (let i = 0; i < frames; i++, from += step) {
        const end = Math.min(from + step, all);
        this.#write(i, path, protocol, message, from, end, id, ipv4.fragmentWord(from, end < all));
      }
      this.#counts[slot + SlotCounter.FragmentsSent]! += frames;
      const dropped = this.output.send(path, this.#out, 0, nowNs);
      if (dropped !== Drop.None) return dropped;
    }
    return Drop.None;
  }

  #write(
    i: number,
    { headerLength, source, destination }: Path,
    protocol: number,
    message: DataView,
    from: number,
    end: number,
    id: number,
    flags: number,
  ): void {
    const { view } = this.output.device.arena;
    const l3 = this.#out.at[i]! + headerLength;
    const total = IPV4 + end - from;
    ipv4.writePlain(view, l3, 0, total, id, flags, ipv4.DEFAULT_TTL, protocol, source, destination);
    copy(message, from, end, view, l3 + IPV4);
    this.#out.length[i] = headerLength + total;
  }
}
