import { VLANS } from '../filter/maps.js';
import { HOOK_COUNT } from '../filter/verdict.js';

/** Frames that the driver lost. */
export const PcapDrop = {
  /** libpcap's buffer or the pool was full; at the first nobody has seen what they were. */
  BufferFull: 0,
  /** Longer than a buffer of the pool. */
  Oversize: 1,
  /** The kernel refused to send it, or the interface was down. */
  SendFailed: 2,
} as const;

const Control = { IsPaused: 0, Opened: 1 } as const;
const CONTROL_LENGTH = 64;
const COUNTERS = 32;
const DROPS_AT = HOOK_COUNT;
const TABLE_LENGTH = VLANS.maxEntries * VLANS.valueSize;
/** More rules than these count, but are not shown. */
const HITS = 1024;
export const PCAP_PAGE_LENGTH = CONTROL_LENGTH + (COUNTERS + HITS) * 8 + TABLE_LENGTH;

/** What the in-band side and the pcap device share: the VLAN table inwards, counters outwards. */
export class PcapPage {
  /** By `HookCounter`. */
  readonly hook: Float64Array;
  /** By `PcapDrop`. */
  readonly drops: Float64Array;
  /** Of each rule of the filter. */
  readonly hits: Float64Array;
  readonly table: DataView;
  readonly #control: Int32Array;
  readonly #tableOctets: Uint8Array;

  /** `at`: where PCAP_PAGE_LENGTH octets begin, a multiple of 8. */
  constructor(buffer: ArrayBuffer, at = 0) {
    this.#control = new Int32Array(buffer, at, CONTROL_LENGTH / 4);
    const counters = new Float64Array(buffer, at + CONTROL_LENGTH, COUNTERS);
    this.hook = counters.subarray(0, HOOK_COUNT);
    this.drops = counters.subarray(DROPS_AT);
    this.hits = new Float64Array(buffer, at + CONTROL_LENGTH + COUNTERS * 8, HITS);
    this.#tableOctets = new Uint8Array(buffer, this.hits.byteOffset + HITS * 8, TABLE_LENGTH);
    this.table = new DataView(buffer, this.#tableOctets.byteOffset, TABLE_LENGTH);
  }

  /** Nothing is taken meanwhile. */
  get isPaused(): boolean {
    return Atomics.load(this.#control, Control.IsPaused) !== 0;
  }

  set isPaused(is: boolean) {
    Atomics.store(this.#control, Control.IsPaused, is ? 1 : 0);
  }

  /** How often the interface was opened. */
  get opened(): number {
    return Atomics.load(this.#control, Control.Opened);
  }

  countOpened(): void {
    Atomics.add(this.#control, Control.Opened, 1);
  }

  setTable(table: Uint8Array): void {
    this.#tableOctets.set(table);
  }
}
