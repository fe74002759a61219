// Traces on their way from the out-of-band side to the in-band side: one producer, one consumer, a bounded ring of fixed
// records in shared memory. A full ring loses the record and counts it; the frame goes on.
const RECORDS = 1024;
/** Octets of a frame that a record can carry. */
export const TRACE_FRAME_LENGTH = 1600;
const WORDS = 32;
const RECORD = WORDS * 4 + 2 * TRACE_FRAME_LENGTH;
const HEAD = 0;
const TAIL = 1;
const RECORDS_AT = 64;
export const TRACE_LENGTH = RECORDS_AT + RECORDS * RECORD;

/** Words of a record. */
export const Trace = {
  Slot: 0,
  /** 0 for a reply, else the drop reason. */
  Drop: 1,
  /** Replies so far, modulo 2^32. */
  Sequence: 2,
  /** Octets of the IPv4 packet, or of the frame where it is none. */
  Count: 3,
  Ethertype: 4,
  PacketType: 5,
  MacHi: 6,
  MacLo: 7,
  Source: 8,
  Destination: 9,
  Identifier: 10,
  EchoSequence: 11,
  Vid: 12,
  ServiceNs: 13,
  /** Octets copied behind the words, request as received. */
  FrameLength: 14,
  /** Where the network header starts in those octets. */
  NetworkAt: 15,
  /** Octets of the reply, copied behind the request's. */
  ReplyLength: 16,
} as const;

export class TraceRing {
  readonly #index: Int32Array;
  readonly #words: Uint32Array;
  readonly #octets: Uint8Array;

  /** `buffer`: TRACE_LENGTH octets, zeroed before first use. */
  constructor(buffer: ArrayBuffer | SharedArrayBuffer) {
    this.#index = new Int32Array(buffer, 0, 2);
    this.#words = new Uint32Array(buffer, 0, TRACE_LENGTH >> 2);
    this.#octets = new Uint8Array(buffer, 0, TRACE_LENGTH);
  }

  /** Index of the first word of a record to fill, or -1 when the reader is behind. It is seen after `publish`. */
  claim(): number {
    const head = this.#index[HEAD]!;
    if (((head - Atomics.load(this.#index, TAIL)) | 0) >= RECORDS) return -1;
    return (RECORDS_AT + (head & (RECORDS - 1)) * RECORD) >> 2;
  }

  set(record: number, word: number, value: number): void {
    this.#words[record + word] = value;
  }

  /** Copies a frame behind the words, cut to what fits: the request, or the reply in the place after it. */
  setFrame(record: number, what: 'request' | 'reply', from: Uint8Array, at: number, length: number): void {
    const n = length < TRACE_FRAME_LENGTH ? length : TRACE_FRAME_LENGTH;
    const to = ((record + WORDS) << 2) + (what === 'reply' ? TRACE_FRAME_LENGTH : 0);
    const octets = this.#octets;
    for (let i = 0; i < n; i++) octets[to + i] = from[at + i]!;
    this.#words[record + (what === 'reply' ? Trace.ReplyLength : Trace.FrameLength)] = n;
  }

  publish(): void {
    Atomics.store(this.#index, HEAD, (this.#index[HEAD]! + 1) | 0);
  }

  /**
   * Calls `visit` for every record that is there now; the views hold only during the call. Returns how many. What a
   * writer adds meanwhile is for the next call: one that is faster than the reader must not hold it for ever.
   */
  drain(visit: (words: Uint32Array, request: Uint8Array, reply: Uint8Array) => void): number {
    let n = 0;
    const head = Atomics.load(this.#index, HEAD);
    for (let tail = this.#index[TAIL]!; tail !== head; n++) {
      const at = RECORDS_AT + (tail & (RECORDS - 1)) * RECORD;
      const words = this.#words.subarray(at >> 2, (at >> 2) + WORDS);
      const request = at + WORDS * 4;
      const reply = request + TRACE_FRAME_LENGTH;
      visit(
        words,
        this.#octets.subarray(request, request + words[Trace.FrameLength]!),
        this.#octets.subarray(reply, reply + words[Trace.ReplyLength]!),
      );
      tail = (tail + 1) | 0;
      Atomics.store(this.#index, TAIL, tail);
    }
    return n;
  }
}
