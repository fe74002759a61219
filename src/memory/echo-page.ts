// What becomes of echo requests of our own, on its way from the out-of-band side to the in-band side: totals that are always whole, and a
// ring of single answers that may lose some when the reader is behind.
//
//   octet 0  head, tail   64  totals of each client   …  records
export const ECHO_CLIENTS = 16;
const TOTALS = 10;
const RECORD = 8;
const RECORDS = 1024;
const TOTALS_AT = 64;
const RECORDS_AT = TOTALS_AT + ECHO_CLIENTS * TOTALS * 8;
export const ECHO_PAGE_LENGTH = RECORDS_AT + RECORDS * RECORD * 8;
const HEAD = 0;
const TAIL = 1;

/** Numbers of a client's totals; times in nanoseconds. */
export const EchoTotal = {
  Sent: 0,
  Received: 1,
  Duplicates: 2,
  Errors: 3,
  Sum: 4,
  SumOfSquares: 5,
  Min: 6,
  Max: 7,
  /** Why it could not start. */
  Refusal: 8,
  /** Intervals that passed without a request: it came too late to the one before. */
  Overruns: 9,
} as const;

/** What a record tells. */
export const EchoKind = {
  Reply: 0,
  Duplicate: 1,
  /** An ICMP error about a request of ours; `detail` is type × 256 + code, `ns` what stands behind its checksum (RFC 792). */
  Error: 2,
  /** The neighbour does not answer ARP. */
  Unreachable: 3,
} as const;
export type EchoKind = (typeof EchoKind)[keyof typeof EchoKind];

/** The payload is shorter than it was sent. */
export const TRUNCATED = -1;

/** One answer. */
export interface Echo {
  readonly client: number;
  readonly kind: EchoKind;
  readonly sequence: number;
  readonly source: number;
  /** Octets of the ICMP message. */
  readonly length: number;
  readonly ttl: number;
  readonly ns: number;
  /** Of a reply: 0, TRUNCATED, or the first octet of the payload that is not as it was sent: (place + 1) × 65536 + sent × 256 + received. */
  readonly detail: number;
}

export class EchoPage {
  readonly #index: Int32Array;
  readonly #totals: Float64Array;
  readonly #records: Float64Array;

  /** `buffer`: ECHO_PAGE_LENGTH octets of zeros. */
  constructor(buffer: ArrayBuffer | SharedArrayBuffer) {
    this.#index = new Int32Array(buffer, 0, 2);
    this.#totals = new Float64Array(buffer, TOTALS_AT, ECHO_CLIENTS * TOTALS);
    this.#records = new Float64Array(buffer, RECORDS_AT, RECORDS * RECORD);
  }

  add(client: number, total: number, by: number): void {
    this.#totals[client * TOTALS + total]! += by;
  }

  /** Counts the time of a reply. */
  time(client: number, ns: number): void {
    const at = client * TOTALS;
    const totals = this.#totals;
    totals[at + EchoTotal.Sum]! += ns;
    totals[at + EchoTotal.SumOfSquares]! += ns * ns;
    if (ns < totals[at + EchoTotal.Min]! || totals[at + EchoTotal.Received] === 0)
      totals[at + EchoTotal.Min] = ns;
    if (ns > totals[at + EchoTotal.Max]!) totals[at + EchoTotal.Max] = ns;
    totals[at + EchoTotal.Received]! += 1;
  }

  clear(client: number): void {
    this.#totals.fill(0, client * TOTALS, (client + 1) * TOTALS);
  }

  /** Says why a client could not start, or with 0 that it has. */
  refuse(client: number, reason: number): void {
    this.#totals[client * TOTALS + EchoTotal.Refusal] = reason;
  }

  refusal(client: number): number {
    return this.#totals[client * TOTALS + EchoTotal.Refusal]!;
  }

  /** A copy, by `EchoTotal`. */
  totals(client: number): number[] {
    return [...this.#totals.subarray(client * TOTALS, (client + 1) * TOTALS)];
  }

  push(
    client: number,
    kind: EchoKind,
    sequence: number,
    source: number,
    length: number,
    ttl: number,
    ns: number,
    detail: number,
  ): void {
    const head = this.#index[HEAD]!;
    if (((head - Atomics.load(this.#index, TAIL)) | 0) >= RECORDS) return;
    const at = (head & (RECORDS - 1)) * RECORD;
    const records = this.#records;
    records[at] = client;
    records[at + 1] = kind;
    records[at + 2] = sequence;
    records[at + 3] = source;
    records[at + 4] = length;
    records[at + 5] = ttl;
    records[at + 6] = ns;
    records[at + 7] = detail;
    Atomics.store(this.#index, HEAD, (head + 1) | 0);
  }

  /** Takes what is in the ring. */
  drain(): Echo[] {
    const found: Echo[] = [];
    const head = Atomics.load(this.#index, HEAD);
    for (let tail = this.#index[TAIL]!; tail !== head; tail = (tail + 1) | 0) {
      const at = (tail & (RECORDS - 1)) * RECORD;
      const [client, kind, sequence, source, length, ttl, ns, detail] = this.#records.subarray(
        at,
        at + RECORD,
      ) as unknown as [number, number, number, number, number, number, number, number];
      found.push({ client, kind: kind as EchoKind, sequence, source, length, ttl, ns, detail });
    }
    Atomics.store(this.#index, TAIL, head);
    return found;
  }
}
