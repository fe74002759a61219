// Datagrams on their way between the out-of-band side and an application, in memory that both map: one producer, one consumer. Records lie
// one behind the other, each in one piece; one that would not fit before the end of the ring begins anew at its start.
//
//   0 head          64 tail         128 record │ record │ … │ skip
//     producer's       consumer's      16 words, then the payload, to a multiple of 16 octets
//
// Head and tail count octets, modulo 2^32. What a word says is taken from memory once and then checked: the other side may be broken.
const HEAD = 0;
const TAIL = 16;
const RECORDS_AT = 128;
const ALIGNMENT = 16;
/** Length of a record that only fills the end of the ring. */
const SKIP = -1;

/** Octets of a record in front of its payload. */
export const RECORD_HEADER = 64;

/** Words of a record; `Length` is the ring's own. */
export const Message = {
  Length: 0,
  /** Octets of the payload. */
  Payload: 1,
  /** The other end: where it comes from, or where it is to go; 0: where the socket is connected to. */
  Address: 2,
  Port: 3,
  /** Received: the address that it was sent to. */
  Destination: 4,
  /** Received: the VID that it came over. A frame to send: one more than the slot of its port, 0 for the one that its socket is bound to. */
  Vid: 5,
  /** `MessageFlag`; of a received frame whom it is to, as the stack's PacketType. */
  Flags: 6,
  /** Of a frame: PCP of its tag. To send: one more than that, 0 for what its socket has. */
  Priority: 7,
  /**
   * CLOCK_MONOTONIC, a Float64 of nanoseconds. Received: when the batch came in. To send, with MessageFlag.Stamp: when the application gave it.
   */
  TimeNs: 8,
  /** Received: when the driver had it, as above; 0 where nobody knows. */
  DriverNs: 10,
  /** To send, with MessageFlag.Stamp: by what its times are told. */
  Id: 10,
  /** Received: when the NIC had it, by its own clock: a BigUint64 of nanoseconds; 0 where nobody knows. */
  HardwareLow: 12,
  HardwareHigh: 13,
} as const;

export const MessageFlag = {
  /** Sent to a broadcast address. */
  Broadcast: 1,
  /** A frame to send: the port's address is its source. */
  OwnSource: 2,
  /** To send: its sender wants to know when it left. */
  Stamp: 4,
} as const;

/** Octets that a ring for `capacity` octets of records takes. */
export const ringLength = (capacity: number): number => RECORDS_AT + capacity;

/** Octets of a record with that much payload. */
export const recordLength = (payload: number): number =>
  (RECORD_HEADER + payload + ALIGNMENT - 1) & -ALIGNMENT;

export class MessageRing {
  /** For payloads: offsets are those that `claim` and `next` return. */
  readonly view: DataView;
  readonly octets: Uint8Array;
  readonly #words: Int32Array;
  readonly #times: Float64Array;
  readonly #mask: number;
  /** Of the record that was claimed: where the next one begins. */
  #claimed = 0;
  /** Of the record that was last looked at: where the next one begins, and how long it is. */
  #taken = 0;
  #length = 0;
  /** What is there beyond this side's own index, as last seen. */
  #seenTail: number;
  #seenHead: number;

  /** `capacity` is a power of two; at `at`, of which 64 is a divisor, lie `ringLength(capacity)` octets, zero at first. */
  constructor(
    buffer: ArrayBuffer,
    at: number,
    readonly capacity: number,
  ) {
    const length = ringLength(capacity);
    this.view = new DataView(buffer, at, length);
    this.octets = new Uint8Array(buffer, at, length);
    this.#words = new Int32Array(buffer, at, length >> 2);
    this.#times = new Float64Array(buffer, at, length >> 3);
    this.#mask = capacity - 1;
    this.#seenTail = Atomics.load(this.#words, TAIL);
    this.#seenHead = Atomics.load(this.#words, HEAD);
  }

  /** Octets in use, seen from either side. */
  get used(): number {
    return (Atomics.load(this.#words, HEAD) - Atomics.load(this.#words, TAIL)) | 0;
  }

  /** Producer: where a record with `payload` octets can be written, -1 where no more than `limit` octets may be in use. Seen after `publish`. */
  claim(payload: number, limit = this.capacity): number {
    const words = this.#words;
    const need = recordLength(payload);
    const head = words[HEAD]!;
    const place = head & this.#mask;
    const rest = this.capacity - place;
    const total = need > rest ? rest + need : need;
    if (((head - this.#seenTail + total) | 0) > limit) {
      this.#seenTail = Atomics.load(words, TAIL);
      if (((head - this.#seenTail + total) | 0) > limit) return -1;
    }
    let at = RECORDS_AT + place;
    if (need > rest) {
      words[at >> 2] = SKIP;
      at = RECORDS_AT;
    }
    words[at >> 2] = need;
    this.#claimed = (head + total) | 0;
    return at;
  }

  publish(): void {
    Atomics.store(this.#words, HEAD, this.#claimed);
  }

  /** Consumer: the record after those that were released, -1 where there is none or what is there is no record. */
  next(): number {
    const words = this.#words;
    let tail = words[TAIL]!;
    for (;;) {
      if (tail === this.#seenHead) {
        this.#seenHead = Atomics.load(words, HEAD);
        if (tail === this.#seenHead) return -1;
      }
      const place = tail & this.#mask;
      const at = RECORDS_AT + place;
      const word = words[at >> 2]!;
      const rest = this.capacity - place;
      const length = word === SKIP ? rest : word;
      // No more than there is: otherwise a broken side has us send what is long gone, or turn round for ever.
      const used = (this.#seenHead - tail) | 0;
      if (used > this.capacity || length > used || length > rest || (length & (ALIGNMENT - 1)) !== 0)
        return this.#discard();
      if (word === SKIP) {
        if (place === 0) return this.#discard();
        tail = (tail + length) | 0;
        Atomics.store(words, TAIL, tail);
        continue;
      }
      if (length < RECORD_HEADER) return this.#discard();
      this.#taken = (tail + length) | 0;
      this.#length = length;
      return at;
    }
  }

  /** Consumer: gives back the record that `next` returned. */
  release(): void {
    Atomics.store(this.#words, TAIL, this.#taken);
  }

  /** Consumer: `tail` once the record that `next` returned is released. */
  get end(): number {
    return this.#taken;
  }

  /** Consumer: how many octets were ever released, modulo 2^32; producer: how many published. */
  get tail(): number {
    return Atomics.load(this.#words, TAIL);
  }

  get head(): number {
    return this.#words[HEAD]!;
  }

  get(record: number, word: number): number {
    return this.#words[(record >> 2) + word]!;
  }

  set(record: number, word: number, value: number): void {
    this.#words[(record >> 2) + word] = value;
  }

  payloadAt(record: number): number {
    return record + RECORD_HEADER;
  }

  timeNs(record: number): number {
    return this.#times[(record >> 3) + (Message.TimeNs >> 1)]!;
  }

  setTimeNs(record: number, ns: number): void {
    this.#times[(record >> 3) + (Message.TimeNs >> 1)] = ns;
  }

  driverNs(record: number): number {
    return this.#times[(record >> 3) + (Message.DriverNs >> 1)]!;
  }

  setDriverNs(record: number, ns: number): void {
    this.#times[(record >> 3) + (Message.DriverNs >> 1)] = ns;
  }

  /** Not for the hot path: it allocates. */
  hardwareNs(record: number): bigint {
    return this.view.getBigUint64(record + 4 * Message.HardwareLow, true);
  }

  /** Octets of the payload of the record that `next` returned, never more than it holds. */
  payload(record: number): number {
    const octets = this.#words[(record >> 2) + Message.Payload]!;
    const most = this.#length - RECORD_HEADER;
    return octets < 0 ? 0 : octets > most ? most : octets;
  }

  /** Nothing after a broken record can be found: all of it goes. */
  #discard(): -1 {
    Atomics.store(this.#words, TAIL, this.#seenHead);
    return -1;
  }
}
