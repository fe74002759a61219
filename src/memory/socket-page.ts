// What an application and the out-of-band side share of one socket: words, counters, two rings.
//
//   0 words     256 counters     512 failures     2048 histogram     12288 stamps     20480 receive ring     … send ring
import { HISTOGRAM_LENGTH } from './histogram.js';
import { MessageRing, RECORD_HEADER, ringLength } from './message-ring.js';

const COUNTERS_AT = 256;
const FAILURES_AT = 512;
const DELAYS_AT = 2048;
const STAMPS_AT = 12_288;
const RINGS_AT = 20_480;
const PAGE = 4096;
const FAILURES = 128;
/** Of datagrams that were sent: id and three times each. */
const STAMPS = 256;
const STAMP_WORDS = 4;

/** The longest payload of a UDP datagram over IPv4. */
export const MAX_PAYLOAD = 65_507;

/** Words of a page. */
const Word = {
  ReceiveCapacity: 0,
  SendCapacity: 1,
  /** Application: 1 while it waits to be woken for what comes, and for room in the send ring or failures; 2 while it looks for what comes by itself. */
  WaitsToReceive: 2,
  WaitsToSend: 3,
  /** Application: octets of the receive ring that may be in use. */
  ReceiveLimit: 4,
  /** Application: options of the socket. */
  Broadcast: 5,
  Ttl: 6,
  Tos: 7,
  Priority: 8,
  /** Out-of-band: failures reported; application: failures read. */
  FailureHead: 9,
  FailureTail: 10,
  /** Out-of-band: what the network said of a connected socket, an errno; application: 0 once it was seen. */
  Fault: 11,
  /** Out-of-band: stamps told; application: stamps read. */
  StampHead: 12,
  StampTail: 13,
  /** Application: IP_MULTICAST_TTL; IP_MULTICAST_LOOP and IP_MULTICAST_ALL, 1 for no; IP_MULTICAST_IF, one more than the slot, 0 for the route's. */
  GroupTtl: 14,
  NoLoop: 15,
  OnlyJoined: 16,
  GroupSlot: 17,
  /** Application: IP_MTU_DISCOVER. */
  MtuDiscovery: 18,
} as const;

const WAITS = 1;
const POLLS = 2;

/** IP_MTU_DISCOVER, by the numbers of <linux/in.h>: whether datagrams may be cut, here and on the way. */
export const MtuDiscovery = { Dont: 0, Want: 1, Do: 2, Probe: 3 } as const;

/** Counters of one socket. */
export const SocketCounter = {
  Received: 0,
  ReceivedBytes: 1,
  /** Datagrams that found no room in the receive buffer. */
  Dropped: 2,
  Sent: 3,
  SentBytes: 4,
  /** Datagrams that were not sent: a failure each. */
  Failed: 5,
  /** Sent, but nobody will be told when: there was no room to say so, or too many were under way. */
  StampsLost: 6,
} as const;

/** Octets of a ring for `bytes` octets of buffer: what holds them and one datagram of any length. */
export const ringCapacity = (bytes: number): number =>
  2 ** Math.ceil(Math.log2(Math.min(Math.max(bytes, 2 * (MAX_PAYLOAD + RECORD_HEADER)), 2 ** 28)));

export const socketPageLength = (receive: number, send: number): number =>
  RINGS_AT + Math.ceil((ringLength(receive) + ringLength(send)) / PAGE) * PAGE;

export class SocketPage {
  readonly received: MessageRing;
  readonly sent: MessageRing;
  /** By `SocketCounter`. */
  readonly counters: Float64Array;
  /** Application: from the queue until it took what came, where it wants stamps (histogram.ts). */
  readonly delays: Float64Array;
  readonly #stamps: Float64Array;
  readonly #words: Int32Array;
  readonly #failures: Int32Array;

  /** `capacities` where it is new: all zero. */
  constructor(buffer: ArrayBuffer, capacities?: { receive: number; send: number; limit: number }) {
    const words = new Int32Array(buffer, 0, 64);
    if (capacities) {
      words[Word.ReceiveCapacity] = capacities.receive;
      words[Word.SendCapacity] = capacities.send;
      words[Word.ReceiveLimit] = capacities.limit;
      words[Word.Ttl] = 64;
      words[Word.GroupTtl] = 1;
    }
    const receive = words[Word.ReceiveCapacity]!;
    this.received = new MessageRing(buffer, RINGS_AT, receive);
    this.sent = new MessageRing(buffer, RINGS_AT + ringLength(receive), words[Word.SendCapacity]!);
    this.counters = new Float64Array(buffer, COUNTERS_AT, 16);
    this.delays = new Float64Array(buffer, DELAYS_AT, HISTOGRAM_LENGTH);
    this.#stamps = new Float64Array(buffer, STAMPS_AT, STAMPS * STAMP_WORDS);
    this.#words = words;
    this.#failures = new Int32Array(buffer, FAILURES_AT, FAILURES * 2);
  }

  get receiveLimit(): number {
    const limit = this.#words[Word.ReceiveLimit]!;
    return limit > 0 && limit <= this.received.capacity ? limit : this.received.capacity;
  }

  set receiveLimit(octets: number) {
    Atomics.store(this.#words, Word.ReceiveLimit, octets);
  }

  get mayBroadcast(): boolean {
    return this.#words[Word.Broadcast] !== 0;
  }

  set mayBroadcast(may: boolean) {
    this.#words[Word.Broadcast] = may ? 1 : 0;
  }

  get ttl(): number {
    return this.#words[Word.Ttl]! & 0xff;
  }

  set ttl(hops: number) {
    this.#words[Word.Ttl] = hops;
  }

  /** Of multicasts. */
  get groupTtl(): number {
    return this.#words[Word.GroupTtl]! & 0xff;
  }

  set groupTtl(hops: number) {
    this.#words[Word.GroupTtl] = hops;
  }

  /** Members on this host get what the socket sends to groups. */
  get loopsGroups(): boolean {
    return this.#words[Word.NoLoop] === 0;
  }

  set loopsGroups(does: boolean) {
    this.#words[Word.NoLoop] = does ? 0 : 1;
  }

  /** It gets what is sent to groups that others have joined, too. */
  get hearsAllGroups(): boolean {
    return this.#words[Word.OnlyJoined] === 0;
  }

  set hearsAllGroups(does: boolean) {
    this.#words[Word.OnlyJoined] = does ? 0 : 1;
  }

  /** Slot of the port that multicasts leave by; -1 where the route says. */
  get groupSlot(): number {
    return this.#words[Word.GroupSlot]! - 1;
  }

  set groupSlot(slot: number) {
    this.#words[Word.GroupSlot] = slot + 1;
  }

  /** Of `MtuDiscovery`. */
  get mtuDiscovery(): number {
    return this.#words[Word.MtuDiscovery]! & 3;
  }

  set mtuDiscovery(how: number) {
    this.#words[Word.MtuDiscovery] = how;
  }

  get tos(): number {
    return this.#words[Word.Tos]! & 0xff;
  }

  set tos(octet: number) {
    this.#words[Word.Tos] = octet;
  }

  /** PCP of the tag: 0 to 7. */
  get priority(): number {
    return this.#words[Word.Priority]! & 7;
  }

  set priority(pcp: number) {
    this.#words[Word.Priority] = pcp;
  }

  /** Application: wants to be woken. What came before that is not told: look again afterwards. */
  waitToReceive(): void {
    Atomics.store(this.#words, Word.WaitsToReceive, WAITS);
  }

  waitToSend(): void {
    Atomics.store(this.#words, Word.WaitsToSend, WAITS);
  }

  /** Application: looks by itself from now on, where it waited and was not woken; true then. */
  pollInstead(): boolean {
    return Atomics.compareExchange(this.#words, Word.WaitsToReceive, WAITS, POLLS) === WAITS;
  }

  stopPolling(): void {
    Atomics.store(this.#words, Word.WaitsToReceive, 0);
  }

  /** Out-of-band: the application looks by itself, but needs a CPU for it. */
  get isPolled(): boolean {
    return this.#words[Word.WaitsToReceive] === POLLS;
  }

  /** Out-of-band: whether the application wants to be woken; it is told once. */
  takeReceiver(): boolean {
    return this.#take(Word.WaitsToReceive);
  }

  takeSender(): boolean {
    return this.#take(Word.WaitsToSend);
  }

  /** By Atomics also to look: a plain read may be done before what is told is written (ARM). */
  #take(word: number): boolean {
    return (
      Atomics.load(this.#words, word) === WAITS &&
      Atomics.compareExchange(this.#words, word, WAITS, 0) === WAITS
    );
  }

  /** Out-of-band: there is room to say of so many more that they were not sent. */
  canFail(count: number): boolean {
    const told = (this.#words[Word.FailureHead]! - Atomics.load(this.#words, Word.FailureTail)) | 0;
    return told <= FAILURES - count;
  }

  /** Out-of-band: the datagram whose record ended at `position` of the send ring was not sent. False: there is no room to say so. */
  fail(position: number, errno: number): boolean {
    if (!this.canFail(1)) return false;
    const head = this.#words[Word.FailureHead]!;
    const at = (head & (FAILURES - 1)) * 2;
    this.#failures[at] = position;
    this.#failures[at + 1] = errno;
    Atomics.store(this.#words, Word.FailureHead, (head + 1) | 0);
    return true;
  }

  /** Out-of-band: SO_ERROR, of which the last one counts. */
  set fault(errno: number) {
    Atomics.store(this.#words, Word.Fault, errno);
  }

  /** Application: that error, once; 0 where there is none. */
  takeFault(): number {
    return this.#words[Word.Fault] === 0 ? 0 : Atomics.exchange(this.#words, Word.Fault, 0);
  }

  /** Application: calls `visit` for each failure that it has not seen. True where there were any: the out-of-band side may wait for that room. */
  takeFailures(visit: (position: number, errno: number) => void): boolean {
    const head = Atomics.load(this.#words, Word.FailureHead);
    const isNew = this.#words[Word.FailureTail] !== head;
    for (let tail = this.#words[Word.FailureTail]!; tail !== head; ) {
      const at = (tail & (FAILURES - 1)) * 2;
      visit(this.#failures[at]!, this.#failures[at + 1]!);
      tail = (tail + 1) | 0;
      Atomics.store(this.#words, Word.FailureTail, tail);
    }
    return isNew;
  }

  /** Out-of-band: when datagram `id` was sent. False: there is no room to say so. */
  stamp(id: number, applicationNs: number, queueNs: number, driverNs: number): boolean {
    const head = this.#words[Word.StampHead]!;
    if (((head - Atomics.load(this.#words, Word.StampTail)) | 0) >= STAMPS) return false;
    const stamps = this.#stamps;
    const at = (head & (STAMPS - 1)) * STAMP_WORDS;
    stamps[at] = id;
    stamps[at + 1] = applicationNs;
    stamps[at + 2] = queueNs;
    stamps[at + 3] = driverNs;
    Atomics.store(this.#words, Word.StampHead, (head + 1) | 0);
    return true;
  }

  /** Application: the oldest stamp that it has not seen, as `visit` tells it; false where there is none. */
  takeStamp(visit: (id: number, applicationNs: number, queueNs: number, driverNs: number) => void): boolean {
    const tail = this.#words[Word.StampTail]!;
    if (tail === Atomics.load(this.#words, Word.StampHead)) return false;
    const at = (tail & (STAMPS - 1)) * STAMP_WORDS;
    const [id, applicationNs, queueNs, driverNs] = this.#stamps.subarray(at, at + STAMP_WORDS) as unknown as [
      number,
      number,
      number,
      number,
    ];
    Atomics.store(this.#words, Word.StampTail, (tail + 1) | 0);
    visit(id, applicationNs, queueNs, driverNs);
    return true;
  }
}
