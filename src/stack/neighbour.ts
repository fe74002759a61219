// RFC 826 and RFC 1122 §2.3.2 as Linux does it (net/core/neighbour.c, net/ipv4/arp.c), for the ports whose ARP is evlnet's own. Of the
// kernel's devices this is a copy of the kernel's table: what it lacks the in-band side sees here and has the kernel ask for.
//
//            send            reply
//   (none) ───────► INCOMPLETE ───► REACHABLE ──30 s──► STALE ──send──► PROBE ──reply──► REACHABLE
//                       └── 3 requests, 3 s ──► FAILED ◄── 3 requests, 3 s ──┘
//
// Linux waits 5 s between STALE and PROBE (DELAY) for a word from above that the neighbour is there. Nobody above gives such a word here.
import { Drop } from '../drop.js';
import { Batch } from '../memory/batch.js';
import { type Counters, SLOT_STRIDE, SLOTS, SlotCounter } from '../memory/counters.js';
import { NEIGHBOURS, NeighbourState, VALID_STATES } from '../memory/neighbour-page.js';
import * as ethernet from '../wire/ethernet.js';
import { writeWhoHas } from './arp.js';
import { NeighbourTable } from './neighbour-table.js';
import type { Port } from './port.js';
import { Timer } from './timer.js';
import type { Transmitter } from './transmitter.js';
import { WAITING_EACH, Waiting } from './waiting.js';

/** net.ipv4.neigh.default: base_reachable_time_ms, not spread at random; retrans_time_ms; mcast_solicit and ucast_solicit; locktime. */
const REACHABLE_NS = 30e9;
const RETRANSMIT_NS = 1e9;
const PROBES = 3;
const LOCK_NS = 1e9;
/** The kernel's own three requests, and the time until it is told. */
const KERNEL_NS = 5e9;

const { Incomplete, Reachable, Stale, Probe, Failed, NoArp, Permanent } = NeighbourState;
/** What nobody but an administrator changes. */
const FIXED = NoArp | Permanent;
/** What is known to be right. */
const CONNECTED = Reachable | FIXED;
const NEVER = Number.POSITIVE_INFINITY;

/** An entry from outside. */
export interface NeighbourSetup {
  readonly address: number;
  readonly state: NeighbourState;
  readonly macHi: number;
  readonly macLo: number;
}

export class Neighbours extends Timer {
  readonly table: NeighbourTable;
  readonly #waiting = new Waiting();
  readonly #ports: (Port | undefined)[] = new Array<Port | undefined>(SLOTS).fill(undefined);
  readonly #out = new Batch(WAITING_EACH);
  readonly #request = new Batch(1);
  readonly #spent = new Batch(WAITING_EACH);
  readonly #counts: Float64Array;

  /** `words`: see NeighbourTable. */
  constructor(
    readonly device: Transmitter,
    counters: Counters,
    words: Int32Array,
  ) {
    super();
    this.table = new NeighbourTable(words);
    this.#counts = counters.slots;
  }

  /** Puts a port in its slot, or empties the slot. What is known about its neighbours is forgotten where their ARP changes hands. */
  setPort(slot: number, port: Port | undefined): void {
    const before = this.#ports[slot];
    this.#ports[slot] = port;
    if (before !== undefined && before.ownsArp !== port?.ownsArp) this.clear(slot);
  }

  /** Forgets the neighbours of a slot, permanent ones too. */
  clear(slot: number): void {
    for (let i = 0; i < NEIGHBOURS; i++)
      if (this.table.state(i) !== 0 && this.table.slot(i) === slot) this.#remove(i);
  }

  /** Forgets one neighbour of a slot, or all; permanent ones stay. */
  forget(slot: number, address: number | undefined): void {
    const { table } = this;
    for (let i = 0; i < NEIGHBOURS; i++) {
      const state = table.state(i);
      const isWanted = address === undefined || table.address(i) === address;
      if (state !== 0 && (state & FIXED) === 0 && table.slot(i) === slot && isWanted) this.#remove(i);
    }
  }

  /** What an administrator or the kernel says. A state without a MAC address is Failed or Incomplete. False: there is no place left. */
  set(slot: number, address: number, state: NeighbourState, hi: number, lo: number, nowNs: number): boolean {
    const i = this.#entry(slot, address);
    if (i < 0) return false;
    this.table.set(i, state, hi, lo, nowNs);
    this.table.dueNs[i] = NEVER;
    if ((state & VALID_STATES) !== 0) this.#release(i, nowNs);
    else if (state === Failed) this.#giveUp(i);
    return true;
  }

  /** Makes the entries of a slot those of the kernel's table; what is being asked for stays. Not for the time between two frames of a batch. */
  mirror(slot: number, entries: readonly NeighbourSetup[], nowNs: number): void {
    const there = new Set(entries.map((e) => e.address));
    const { table } = this;
    for (let i = 0; i < NEIGHBOURS; i++) {
      const state = table.state(i);
      if (state === 0 || state === Incomplete || table.slot(i) !== slot) continue;
      if (!there.has(table.address(i))) this.#remove(i);
    }
    for (const e of entries)
      if (!this.#holds(slot, e)) this.set(slot, e.address, e.state, e.macHi, e.macLo, nowNs);
  }

  /**
   * What an ARP packet says of its sender: neigh_update(). `isSure`: it answers us and nobody else. `mayCreate`: it asks us, so that we
   * will have to do with it. False where nobody wanted to know.
   */
  learn(
    port: Port,
    address: number,
    hi: number,
    lo: number,
    isSure: boolean,
    mayCreate: boolean,
    isAnnouncement: boolean,
    nowNs: number,
  ): boolean {
    const { table } = this;
    let i = table.find(port.slot, address);
    const isNew = i < 0;
    if (isNew) {
      if (!mayCreate) return false;
      i = this.#entry(port.slot, address);
      if (i < 0) return false;
    }
    const state = table.state(i);
    if ((state & FIXED) !== 0) return true;
    const hasAddress = (state & VALID_STATES) !== 0;
    const isSame = hasAddress && table.macHi(i) === hi && table.macLo(i) === lo;
    // Of several answers to one request the first counts: a proxy's comes later.
    const mayReplace = mayCreate || isAnnouncement || nowNs > table.toldNs[i]! + LOCK_NS;
    if (hasAddress && !isSame && !mayReplace) return true;
    if (!isSame) table.toldNs[i] = nowNs;
    if (isSame && !isSure && (state & CONNECTED) !== 0) return true;
    if (isSure) {
      table.probes[i] = 0;
      this.#schedule(i, nowNs + REACHABLE_NS);
    } else if (state !== Probe || !isSame) table.dueNs[i] = NEVER;
    // A request is no proof that the way there works: one that is being probed still is.
    const next = isSure ? Reachable : state === Probe && isSame ? Probe : Stale;
    table.set(i, next, hi, lo, nowNs);
    this.#release(i, nowNs);
    return true;
  }

  /**
   * Sends frames of `port` to `address`: their MAC addresses are written here. Those that have to wait are held; `batch` is empty
   * afterwards. 0, or why the frames are dropped, which is counted.
   */
  transmit(port: Port, address: number, batch: Batch, nowNs: number): Drop {
    const { table } = this;
    const i = this.#entry(port.slot, address);
    if (i < 0) return this.#refuse(port, batch, Drop.NeighbourFailed);
    table.usedNs[i] = nowNs;
    const state = table.state(i);
    if (state === Stale) this.#ask(i, port, Probe, nowNs);
    if ((state & VALID_STATES) !== 0) {
      this.#address(i, batch);
      this.#count(port, batch);
      this.device.transmit(batch);
      return Drop.None;
    }
    this.#hold(i, port, batch);
    if (state === Failed || table.dueNs[i] === NEVER) this.#ask(i, port, Incomplete, nowNs);
    return Drop.None;
  }

  /** Has the neighbour asked for, if it is not known to be there. The state of its entry tells what came of it. */
  solicit(port: Port, address: number, nowNs: number): void {
    const { table } = this;
    const i = this.#entry(port.slot, address);
    if (i < 0) return;
    table.usedNs[i] = nowNs;
    const state = table.state(i);
    if ((state & CONNECTED) !== 0 || (state & (Incomplete | Probe) && table.dueNs[i] !== NEVER)) return;
    this.#ask(i, port, (state & VALID_STATES) === 0 ? Incomplete : Probe, nowNs);
  }

  /** Does what is due: asks again, gives up, lets go stale. */
  run(nowNs: number): void {
    const { table } = this;
    let dueNs = NEVER;
    this.dueNs = NEVER;
    for (let i = 0; i < NEIGHBOURS; i++) {
      if (table.dueNs[i]! <= nowNs) this.#due(i, nowNs);
      if (table.dueNs[i]! < dueNs) dueNs = table.dueNs[i]!;
    }
    this.dueNs = dueNs;
    this.device.flush();
  }

  #due(i: number, nowNs: number): void {
    const { table } = this;
    const state = table.state(i);
    const port = this.#ports[table.slot(i)];
    table.dueNs[i] = NEVER;
    if (state === Reachable) table.setState(i, Stale, nowNs);
    else if (port !== undefined && table.probes[i]! < PROBES) this.#solicit(i, port, nowNs);
    else {
      table.setState(i, Failed, nowNs);
      this.#giveUp(i);
    }
  }

  /** Begins to ask, in the state that says for what. */
  #ask(i: number, port: Port, state: NeighbourState, nowNs: number): void {
    this.table.probes[i] = 0;
    this.table.setState(i, state, nowNs);
    this.#solicit(i, port, nowNs);
  }

  /** One request, to the neighbour alone where it is only probed. */
  #solicit(i: number, port: Port, nowNs: number): void {
    const { table } = this;
    const isProbe = table.state(i) === Probe;
    if (!port.ownsArp) {
      // The kernel asks, told by the in-band side, and tells what comes of it; for this long it may be that nobody has told it.
      table.probes[i] = PROBES;
      if (!isProbe) this.#schedule(i, nowNs + KERNEL_NS);
      return;
    }
    table.probes[i]! += 1;
    this.#schedule(i, nowNs + RETRANSMIT_NS);
    if (port.addresses.length === 0) return;
    const request = this.#request;
    if (this.device.reserve(request, 1) === 0) {
      this.#counts[port.slot * SLOT_STRIDE + Drop.NoBuffer]! += 1;
      return;
    }
    const hi = isProbe ? table.macHi(i) : ethernet.BROADCAST_HI;
    const lo = isProbe ? table.macLo(i) : ethernet.BROADCAST_LO;
    request.length[0] = writeWhoHas(this.device.arena.view, request.at[0]!, port, hi, lo, table.address(i));
    this.#count(port, request);
    this.device.transmit(request);
    this.device.flush();
  }

  /** Makes these the permanent entries of a slot. Not for the time between two frames of a batch. */
  setPermanent(slot: number, entries: readonly NeighbourSetup[], nowNs: number): void {
    const wanted = new Set(entries.map((e) => e.address));
    const { table } = this;
    for (let i = 0; i < NEIGHBOURS; i++)
      if (table.state(i) === Permanent && table.slot(i) === slot && !wanted.has(table.address(i)))
        this.#remove(i);
    for (const e of entries)
      if (!this.#holds(slot, e)) this.set(slot, e.address, e.state, e.macHi, e.macLo, nowNs);
  }

  #holds(slot: number, { address, state, macHi, macLo }: NeighbourSetup): boolean {
    const { table } = this;
    const i = table.find(slot, address);
    return i >= 0 && table.state(i) === state && table.macHi(i) === macHi && table.macLo(i) === macLo;
  }

  /** The entry, made if need be, at the cost of the least useful one. */
  #entry(slot: number, address: number): number {
    const { table } = this;
    const found = table.find(slot, address);
    if (found >= 0) return found;
    if (table.isFull) {
      const least = table.leastUseful();
      if (least < 0) return -1;
      this.#remove(least);
    }
    return table.add(slot, address);
  }

  #remove(i: number): void {
    this.#giveUp(i);
    this.table.remove(i);
  }

  /** Holds the frames of `batch`; where there is no room the oldest of this neighbour go. */
  #hold(i: number, port: Port, batch: Batch): void {
    const spent = this.#spent;
    for (let n = 0; n < batch.count; n++) {
      if (this.#waiting.isFull(i) && this.#waiting.take(i, spent, 1) === 0)
        spent.push(batch.at[n]!, batch.length[n]!, batch.queue[n]!);
      else this.#waiting.push(i, batch.at[n]!, batch.length[n]!, batch.queue[n]!);
      if (spent.count === spent.capacity) this.#drop(port.slot, Drop.NeighbourQueueFull);
    }
    batch.count = 0;
    this.#drop(port.slot, Drop.NeighbourQueueFull);
  }

  /** Sends what waited. */
  #release(i: number, nowNs: number): void {
    if (this.#waiting.count(i) === 0) return;
    const port = this.#ports[this.table.slot(i)];
    if (port === undefined) {
      this.#giveUp(i);
      return;
    }
    this.#waiting.take(i, this.#out, WAITING_EACH);
    this.transmit(port, this.table.address(i), this.#out, nowNs);
    this.device.flush();
  }

  /** Drops what waited. */
  #giveUp(i: number): void {
    this.#waiting.take(i, this.#spent, WAITING_EACH);
    this.#drop(this.table.slot(i), Drop.NeighbourFailed);
  }

  #refuse(port: Port, batch: Batch, reason: Drop): Drop {
    this.#counts[port.slot * SLOT_STRIDE + reason]! += batch.count;
    this.device.release(batch);
    return reason;
  }

  #drop(slot: number, reason: Drop): void {
    this.#counts[slot * SLOT_STRIDE + reason]! += this.#spent.count;
    this.device.release(this.#spent);
  }

  #address(i: number, batch: Batch): void {
    const { view } = this.device.arena;
    const hi = this.table.macHi(i);
    const lo = this.table.macLo(i);
    for (let n = 0; n < batch.count; n++) ethernet.setDestination(view, batch.at[n]!, hi, lo);
  }

  #count(port: Port, batch: Batch): void {
    const at = port.slot * SLOT_STRIDE;
    this.#counts[at + SlotCounter.TxPackets]! += batch.count;
    for (let n = 0; n < batch.count; n++) this.#counts[at + SlotCounter.TxBytes]! += batch.length[n]!;
  }

  #schedule(i: number, dueNs: number): void {
    this.table.dueNs[i] = dueNs;
    if (dueNs < this.dueNs) this.dueNs = dueNs;
  }
}
