// A stack on a wire whose other end is played by the test: what it sends is told in words, what the test says goes in as frames.
import { LoopbackDevice } from '../../src/device/loopback.js';
import { DROPS } from '../../src/drop.js';
import { Batch } from '../../src/memory/batch.js';
import { Counters, PAGE_LENGTH, SLOT_STRIDE } from '../../src/memory/counters.js';
import { NEIGHBOUR_PAGE_LENGTH, NeighbourState, readNeighbours } from '../../src/memory/neighbour-page.js';
import { TRACE_LENGTH, TraceRing } from '../../src/memory/trace-ring.js';
import { Path } from '../../src/stack/path.js';
import { Port } from '../../src/stack/port.js';
import type { RouteConfig } from '../../src/stack/route.js';
import { Stack } from '../../src/stack/stack.js';
import { Tracer } from '../../src/stack/tracer.js';
import { formatIpv4, formatMac, network, parseIpv4, parseMac, parsePrefix } from '../../src/wire/address.js';
import * as ipv4 from '../../src/wire/ipv4.js';
import { Timers } from '../../src/worker/timers.js';
import { type ArpFields, buildFrame, ISSUER, RESPONDER } from '../build-frame.js';
import { AuditedDevice } from '../device/audited.js';
import { type PortFields, portConfig } from './host.js';

export const SECOND = 1e9;
export const VID = 43;
const BROADCAST = 'ff:ff:ff:ff:ff:ff';

export class Neighbourhood {
  now = 1000 * SECOND;
  readonly device: AuditedDevice;
  readonly stack: Stack;
  readonly counters = new Counters(new ArrayBuffer(PAGE_LENGTH));
  readonly #tracer = new Tracer(
    new TraceRing(new SharedArrayBuffer(TRACE_LENGTH)),
    new Int32Array(4096),
    () => this.now,
  );
  readonly #words = new Int32Array(NEIGHBOUR_PAGE_LENGTH / 4);
  readonly #far: LoopbackDevice;
  readonly #rx = new Batch(64);
  readonly #batch = new Batch(64);
  readonly #path = new Path();

  constructor(
    fields: PortFields = {},
    routes: readonly Partial<Record<keyof RouteConfig, string | number>>[] = [],
    random: () => number = Math.random,
  ) {
    const [near, far] = LoopbackDevice.pair(() => this.now);
    this.device = new AuditedDevice(near);
    this.#far = far;
    this.stack = new Stack(this.device, this.counters, this.#tracer, this.#words, random);
    const port = new Port(portConfig({ vid: VID, ownsArp: true, ...fields }));
    this.stack.setPort(port.slot, port);
    const connected = (fields.addresses ?? [`${RESPONDER.address}/24`]).map(parsePrefix);
    this.stack.routes.set([
      ...connected.map(({ address, length }) => ({
        network: network(address, length),
        prefix: length,
        gateway: 0,
        source: address,
        metric: 0,
        port,
      })),
      ...routes.map((r) => ({
        network: parseIpv4(String(r.network)),
        prefix: Number(r.prefix),
        gateway: parseIpv4(String(r.gateway)),
        source: port.addresses[0]!,
        metric: Number(r.metric ?? 0),
        port,
      })),
    ]);
  }

  get port(): Port {
    return this.stack.port(VID)!;
  }

  /** Sends packets with these identifications; what `find` or `send` say. */
  send(to: string, ...identifications: number[]): number {
    const { output } = this.stack;
    const path = this.#path;
    const refused = output.find(path, parseIpv4(to));
    if (refused !== 0) return refused;
    output.reserve(path, this.#batch, identifications.length);
    const { view } = this.device.arena;
    identifications.forEach((identification, i) => {
      const l3 = this.#batch.at[i]! + path.headerLength;
      const { source, destination } = path;
      ipv4.write(view, l3, { totalLength: 20, identification, protocol: 254, source, destination });
      this.#batch.length[i] = path.headerLength + 20;
    });
    const dropped = output.send(path, this.#batch, 5, this.now);
    this.device.flush();
    return dropped;
  }

  /** Lets time pass: whatever becomes due meanwhile is done when it is due. */
  pass(ns: number): void {
    const until = this.now + ns;
    const timers = new Timers([this.stack.neighbours, this.stack.igmp]);
    while (timers.dueNs <= until) {
      this.now = Math.max(this.now, timers.dueNs);
      timers.run(this.now);
    }
    this.now = until;
  }

  /** An ARP packet comes in, from the issuer to everybody unless told otherwise. */
  hear(arp: ArpFields, destination = BROADCAST): void {
    const frame = buildFrame({ tags: [{ vid: VID }], arp, destination, source: arp.sender ?? ISSUER.mac });
    this.receive(frame);
  }

  /** A frame comes in. */
  receive(frame: Uint8Array): void {
    const at = new Batch(1);
    this.#far.reserve(at, 1);
    this.#far.arena.octets.set(frame, at.at[0]!);
    at.length[0] = frame.length;
    this.#far.transmit(at);
    this.#far.flush();
    this.device.receive(this.#rx);
    this.#tracer.batchNs = this.now;
    this.stack.input(this.#rx);
    this.device.transmit(this.stack.replies);
    this.device.release(this.stack.spent);
    this.device.flush();
  }

  /** The issuer answers our request. */
  answer(fields: ArpFields = {}): void {
    this.hear({ operation: 2, ...fields }, RESPONDER.mac);
  }

  /** Every frame since the last call, as it is. */
  frames(): Uint8Array[] {
    const all: Uint8Array[] = [];
    while (this.#far.receive(this.#rx) > 0) {
      for (let i = 0; i < this.#rx.count; i++) {
        const at = this.#rx.at[i]!;
        all.push(this.#far.arena.octets.slice(at, at + this.#rx.length[i]!));
      }
      this.#far.release(this.#rx);
    }
    return all;
  }

  /** Every frame since the last call: `who-has A to MAC`, `is-at A`, `packet N to MAC`. */
  sent(): string[] {
    const said: string[] = [];
    while (this.#far.receive(this.#rx) > 0) {
      for (let i = 0; i < this.#rx.count; i++) said.push(told(this.#far.arena.view, this.#rx.at[i]!));
      this.#far.release(this.#rx);
    }
    return said;
  }

  /** `A STATE MAC` of every entry. */
  entries(): string[] {
    return readNeighbours(this.#words).map(({ address, state, macHi, macLo }) => {
      const name = Object.entries(NeighbourState).find(([, value]) => value === state)![0];
      return `${formatIpv4(address)} ${name} ${formatMac(macHi, macLo)}`;
    });
  }

  /** Of the drop reasons that moved. */
  drops(): Record<string, number> {
    const found = DROPS.map(([name], i) => [name, this.counters.slots[VID * SLOT_STRIDE + i]!] as const);
    return Object.fromEntries(found.filter(([, count]) => count > 0));
  }

  set(address: string, state: number, mac: string): boolean {
    const { hi, lo } = parseMac(mac);
    return this.stack.neighbours.set(VID, parseIpv4(address), state as never, hi, lo, this.now);
  }
}

function told(v: DataView, at: number): string {
  const to = formatMac(v.getUint16(at), v.getUint32(at + 2)).replace(BROADCAST, 'all');
  const isTagged = v.getUint16(at + 12) === 0x8100;
  const l3 = at + (isTagged ? 18 : 14);
  if (v.getUint16(l3 - 2) === 0x0806) {
    const isRequest = v.getUint16(l3 + 6) === 1;
    const from = formatIpv4(v.getUint32(l3 + 14));
    return isRequest ? `who-has ${formatIpv4(v.getUint32(l3 + 24))} to ${to} from ${from}` : `is-at ${from}`;
  }
  const tci = isTagged ? `, vid ${v.getUint16(at + 14) & 0xfff} pcp ${v.getUint8(at + 14) >> 5}` : '';
  return `packet ${v.getUint16(l3 + 4)} to ${to}${tci}`;
}
