import { LoopbackDevice } from '../device/loopback.js';
import { DROP_COUNT, DROPS } from '../drop.js';
import { OwnStack } from '../library/own-stack.js';
import { BATCH, Batch } from '../memory/batch.js';
import { SLOT_STRIDE, SLOTS, SlotCounter } from '../memory/counters.js';
import { IcmpResponder } from '../service/icmp-responder.js';
import { udpEcho } from '../service/udp-echo.js';
import { Port } from '../stack/port.js';
import type { PortSetup } from '../worker/shared.js';

/** A time before which nothing happened: some clocks of the stack take 0 for never. */
const BEGIN_NS = 1e9;

/** What the stack made of a frame. */
export type Fate =
  /** Something was sent for it. */
  | 'answered'
  | 'dropped'
  /** A fragment of a packet that is not whole yet. */
  | 'kept'
  /** Something was learned or noted. */
  | 'received'
  /** Longer than what the device could have received: several of the wire, put together by what captured them. */
  | 'too long';

export interface Replayed {
  readonly fate: Fate;
  /** Of a frame that was dropped. */
  readonly drop?: string;
  readonly sent: readonly Uint8Array[];
}

/** A frame that was sent for no other, as time went by. */
export interface Overdue {
  readonly octets: Uint8Array;
  /** On the clock that `pass` tells. */
  readonly ns: number;
}

/** The stack as a worker sets it up, with time as one says it is, on an end of a wire in memory. */
export class Replay {
  readonly #wire: LoopbackDevice;
  readonly #own: OwnStack;
  readonly #batch = new Batch(BATCH);
  #now = BEGIN_NS;

  constructor(setups: readonly PortSetup[]) {
    const [near, far] = LoopbackDevice.pair(() => this.#now);
    this.#wire = far;
    this.#own = new OwnStack(near, () => this.#now);
    const { counters, stack, tracer } = this.#own;
    const responder = new IcmpResponder(counters, tracer);
    for (const setup of setups) {
      const port = new Port(setup);
      port.icmp = setup.responds ? responder : undefined;
      port.udp = setup.udpEcho.map(udpEcho);
      this.#own.addPort(port);
      if (port.ownsArp) stack.neighbours.setPermanent(setup.vid, setup.neighbours, this.#now);
    }
    stack.output.setRoutes(
      setups.flatMap((s) => s.routes.map((route) => ({ ...route, port: stack.port(s.vid)! }))),
    );
  }

  /** It is `ns` nanoseconds after the beginning: what was sent meanwhile. Time does not go back. */
  pass(ns: number): Overdue[] {
    const sent: Overdue[] = [];
    const { reassembly, neighbours, igmp, output } = this.#own.stack;
    const untilNs = Math.max(this.#now, ns + BEGIN_NS);
    for (;;) {
      const dueNs = Math.min(reassembly.dueNs, neighbours.dueNs, igmp.dueNs, output.pathMtus.dueNs);
      if (dueNs > untilNs) break;
      this.#now = Math.max(this.#now, dueNs);
      this.#own.turn();
      sent.push(...this.#sent().map((octets) => ({ octets, ns: this.#now - BEGIN_NS })));
    }
    this.#now = untilNs;
    return sent;
  }

  /** `vid`: of the frame's innermost tag, 0 where it has none. */
  receive(octets: Uint8Array, vid: number): Replayed {
    const before = this.#countsOf(vid);
    if (!this.#put(octets)) return { fate: 'too long', sent: [] };
    this.#own.turn();
    const sent = this.#sent();
    const after = this.#countsOf(vid);
    const hasGrown = (i: number) => after[i]! > before[i]!;
    for (let i = 1; i < DROP_COUNT; i++)
      if (hasGrown(i)) return { fate: 'dropped', drop: DROPS[i]![0], sent };
    if (sent.length > 0) return { fate: 'answered', sent };
    return { fate: RECEIVED.some(hasGrown) ? 'received' : 'kept', sent };
  }

  /** Frames dropped so far, by reason, those that waited in vain among them; zeros left out. */
  drops(): Record<string, number> {
    const { slots } = this.#own.counters;
    const drops: Record<string, number> = {};
    for (let slot = 0; slot < SLOTS; slot++)
      for (let i = 1; i < DROP_COUNT; i++) {
        const count = slots[slot * SLOT_STRIDE + i]!;
        if (count > 0) drops[DROPS[i]![0]] = (drops[DROPS[i]![0]] ?? 0) + count;
      }
    return drops;
  }

  /** Of the port of that VID and, where there is none, of the device: whichever has the frame. */
  #countsOf(vid: number): Float64Array {
    const { slots } = this.#own.counters;
    const own = slots.slice(vid * SLOT_STRIDE, (vid + 1) * SLOT_STRIDE);
    return vid === 0 ? own : own.map((count, i) => count + slots[i]!);
  }

  #put(octets: Uint8Array): boolean {
    const batch = this.#batch;
    if (octets.length > this.#wire.capabilities.maxFrame || this.#wire.reserve(batch, 1) === 0) return false;
    this.#wire.arena.octets.set(octets, batch.at[0]!);
    batch.length[0] = octets.length;
    this.#wire.transmit(batch);
    this.#wire.flush();
    return true;
  }

  /** What has come to the other end of the wire. */
  #sent(): Uint8Array[] {
    const sent: Uint8Array[] = [];
    const batch = this.#batch;
    while (this.#wire.receive(batch) > 0) {
      for (let i = 0; i < batch.count; i++)
        sent.push(this.#wire.arena.octets.slice(batch.at[i]!, batch.at[i]! + batch.length[i]!));
      this.#wire.release(batch);
    }
    return sent;
  }
}

/** A frame that was neither answered nor dropped counts in one of them, unless it is kept. */
const RECEIVED = [
  SlotCounter.ArpLearned,
  SlotCounter.UdpDatagrams,
  SlotCounter.PacketFrames,
  SlotCounter.IcmpMessages,
  SlotCounter.IgmpMessages,
  SlotCounter.Reassembled,
] as const;
