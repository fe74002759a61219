// A whole host in memory: a wire, a device whose descriptors are audited, the stack with its services. One frame in, what became of it out.
import { type StatsRecord, statsRecord } from '../../src/cli/stats/record.js';
import { LoopbackDevice } from '../../src/device/loopback.js';
import { DROP_COUNT, DROPS } from '../../src/drop.js';
import { Batch } from '../../src/memory/batch.js';
import { Counters, PAGE_LENGTH, SLOT_STRIDE, SlotCounter } from '../../src/memory/counters.js';
import { TRACE_LENGTH, TraceRing } from '../../src/memory/trace-ring.js';
import { IcmpResponder } from '../../src/service/icmp-responder.js';
import { Port, type PortConfig } from '../../src/stack/port.js';
import { Stack } from '../../src/stack/stack.js';
import { Tracer } from '../../src/stack/tracer.js';
import { parseMac, parsePrefix } from '../../src/wire/address.js';
import { unaccounted } from '../accounts.mjs';
import { RESPONDER } from '../build-frame.js';
import { AuditedDevice } from '../device/audited.js';
import { isFragment } from '../fragment.js';

export interface PortFields {
  /** 0, the base device, unless given. */
  vid?: number;
  mac?: string;
  /** `10.10.10.11/24`. */
  addresses?: string[];
  ownsArp?: boolean;
  mtu?: number;
  icmpErrors?: boolean;
  /** Answers pings; true unless told otherwise. */
  responds?: boolean;
}

/** What one frame led to. */
export interface Answer {
  reply: Uint8Array | undefined;
  /** Name of the drop reason. */
  drop: string | undefined;
  /** Every counter that moved, by name, and by how much. */
  moved: Record<string, number>;
}

const counterNames = new Map<number, string>([
  ...DROPS.map(([name], i) => [i, name] as const).slice(1),
  ...Object.entries(SlotCounter).map(([name, i]) => [i, name] as const),
]);

export const portConfig = (fields: PortFields = {}): PortConfig => {
  const {
    vid = 0,
    mac = RESPONDER.mac,
    addresses = [`${RESPONDER.address}/24`],
    ownsArp = false,
    mtu = 1500,
    icmpErrors = false,
  } = fields;
  const { hi, lo } = parseMac(mac);
  return {
    ifname: vid === 0 ? 'eth0' : `eth0.${vid}`,
    vid,
    macHi: hi,
    macLo: lo,
    mtu,
    addresses: addresses.map(parsePrefix).map(({ address, length }) => ({ address, prefix: length })),
    ownsArp,
    icmpErrors,
  };
};

/** What `evlnet -j stats` would print of a slot. */
export function recordOf(counters: Counters, slot: number): StatsRecord {
  const counts = counters.slots.subarray(slot * SLOT_STRIDE, (slot + 1) * SLOT_STRIDE);
  const slots = new Map([[slot, { counts, drops: counts.subarray(0, DROP_COUNT) }]]);
  return statsRecord('eth0', 'eth0', slot, {
    device: counters.device,
    serviceTime: counters.serviceTime,
    stages: counters.stages,
    slots,
  });
}

export class Host {
  readonly counters = new Counters(new ArrayBuffer(PAGE_LENGTH));
  readonly ring = new TraceRing(new SharedArrayBuffer(TRACE_LENGTH));
  readonly suppressed = new Int32Array(4096);
  /** What the tracer's clock says, in nanoseconds. */
  now = 0;
  readonly tracer = new Tracer(this.ring, this.suppressed, () => this.now);
  readonly device: AuditedDevice;
  readonly stack: Stack;
  readonly #peer: AuditedDevice;
  readonly #slots = new Set([0]);
  readonly #rx = new Batch(64);
  readonly #back = new Batch(1);

  constructor(...ports: PortFields[]) {
    const [near, far] = LoopbackDevice.pair();
    this.device = new AuditedDevice(near);
    this.#peer = new AuditedDevice(far);
    this.stack = new Stack(this.device, this.counters, this.tracer);
    for (const fields of ports) this.addPort(fields);
  }

  addPort(fields: PortFields = {}): Port {
    const port = new Port(portConfig(fields));
    if (fields.responds ?? true) port.icmp = new IcmpResponder(this.counters, this.tracer);
    this.stack.setPort(port.slot, port);
    this.#slots.add(port.slot);
    return port;
  }

  /** Counter of a slot, by the index of the page. */
  count(slot: number, counter: number): number {
    return this.counters.slots[slot * SLOT_STRIDE + counter]!;
  }

  /** One frame by itself: fragments of others before it are forgotten. */
  send(frame: Uint8Array): Answer {
    this.stack.reassembly.run(Number.POSITIVE_INFINITY);
    const before = this.#counts();
    this.#toWire(frame);
    if (this.device.receive(this.#rx) !== 1) throw new Error('the frame did not arrive');
    const at = this.#rx.at[0]!;
    const bounds = this.#around(at, frame.length);
    this.stack.input(this.#rx);
    bounds.verify();
    const { replies, spent } = this.stack;
    if (replies.count + spent.count !== 1)
      throw new Error(`1 frame in, ${replies.count} replies and ${spent.count} spent out`);
    if (
      replies.count === 1 &&
      (replies.at[0]! < at || replies.at[0]! + replies.length[0]! > at + frame.length)
    )
      throw new Error('the reply reaches beyond the request');
    this.device.transmit(replies);
    this.device.release(spent);
    this.device.flush();
    const reply = this.#fromWire();
    if (this.device.lent !== 0) throw new Error(`${this.device.lent} descriptors leaked`);
    const moved = this.#moved(before);
    this.#addUp(frame);
    return { reply, drop: accounted(moved, frame, reply), moved };
  }

  /** Frames one after another; every frame that came back, and what moved. */
  exchange(frames: readonly Uint8Array[]): { replies: Uint8Array[]; moved: Record<string, number> } {
    const before = this.#counts();
    const replies: Uint8Array[] = [];
    const { replies: out, spent } = this.stack;
    for (const frame of frames) {
      this.#toWire(frame);
      this.device.receive(this.#rx);
      this.tracer.batchNs = this.now;
      this.stack.input(this.#rx);
      if (out.count + spent.count !== 1)
        throw new Error(`1 frame in, ${out.count} replies and ${spent.count} spent out`);
      this.device.transmit(out);
      this.device.release(spent);
      this.device.flush();
      for (let reply = this.#fromWire(); reply; reply = this.#fromWire()) replies.push(reply);
      if (this.device.lent !== 0) throw new Error(`${this.device.lent} descriptors leaked`);
    }
    return { replies, moved: this.#moved(before) };
  }

  /** Time goes by; every frame that was sent because of it. */
  pass(ns: number): Uint8Array[] {
    this.now += ns;
    this.stack.reassembly.run(this.now);
    const sent: Uint8Array[] = [];
    for (let frame = this.#fromWire(); frame; frame = this.#fromWire()) sent.push(frame);
    if (this.device.lent !== 0) throw new Error(`${this.device.lent} descriptors leaked`);
    return sent;
  }

  #toWire(frame: Uint8Array): void {
    this.#peer.reserve(this.#back, 1);
    this.#peer.arena.octets.set(frame, this.#back.at[0]!);
    this.#back.length[0] = frame.length;
    this.#peer.transmit(this.#back);
    this.#peer.flush();
  }

  #fromWire(): Uint8Array | undefined {
    if (this.#peer.receive(this.#back) === 0) return undefined;
    const at = this.#back.at[0]!;
    const frame = this.#peer.arena.octets.slice(at, at + this.#back.length[0]!);
    this.#peer.release(this.#back);
    return frame;
  }

  /** The arena a chunk before and behind the frame, which nobody may change. */
  #around(at: number, length: number): { verify(): void } {
    const { octets, chunkSize } = this.device.arena;
    const from = Math.max(0, at - chunkSize);
    const parts = () => [octets.slice(from, at), octets.slice(at + length, at + length + chunkSize)];
    const before = parts();
    return {
      verify() {
        parts().forEach((part, i) => {
          if (Buffer.compare(part, before[i]!) !== 0) throw new Error('octets beyond the frame were written');
        });
      },
    };
  }

  /** What is received is counted under what became of it, but for a fragment that waits. */
  #addUp(frame: Uint8Array): void {
    const lost = [...this.#slots].reduce((n, slot) => n + unaccounted(recordOf(this.counters, slot)), 0);
    if (lost !== 0 && !(lost === 1 && isFragment(frame)))
      throw new Error(`${lost} frames were not accounted for`);
  }

  #counts(): Float64Array[] {
    return [...this.#slots].map((slot) =>
      this.counters.slots.slice(slot * SLOT_STRIDE, (slot + 1) * SLOT_STRIDE),
    );
  }

  #moved(before: Float64Array[]): Record<string, number> {
    const moved: Record<string, number> = {};
    this.#counts().forEach((counts, n) => {
      counts.forEach((count, i) => {
        const name = counterNames.get(i) ?? `counter ${i}`;
        if (count !== before[n]![i]) moved[name] = (moved[name] ?? 0) + count - before[n]![i]!;
      });
    });
    return moved;
  }
}

/** The drop reason, if any, of counters that add up: one frame in; one frame out, or one reason at most. */
function accounted(
  moved: Record<string, number>,
  frame: Uint8Array,
  reply: Uint8Array | undefined,
): string | undefined {
  const want: Record<string, number> = { RxPackets: 1, RxBytes: frame.length };
  if (reply) Object.assign(want, { TxPackets: 1, TxBytes: reply.length });
  const drops = DROPS.slice(1, DROP_COUNT)
    .map(([name]) => name)
    .filter((name) => name in moved);
  for (const name of ['RxPackets', 'RxBytes', 'TxPackets', 'TxBytes'])
    if ((moved[name] ?? 0) !== (want[name] ?? 0))
      throw new Error(`${name} moved by ${moved[name]}, wanted ${want[name]}: ${JSON.stringify(moved)}`);
  if (drops.length > (reply ? 0 : 1) || drops.some((name) => moved[name] !== 1))
    throw new Error(`${reply ? 'a reply' : 'a drop'} moved ${JSON.stringify(moved)}`);
  return drops[0];
}
