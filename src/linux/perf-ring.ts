// perf_event_open(2): the ring of one CPU that BPF programs write to.
import { close, Errno, errno, read, syscall, sysconf, systemError } from './libc.js';
import { type Mapping, map, mapFile, unmap } from './memory.js';

const SYS_PERF_EVENT_OPEN = process.arch === 'arm64' ? 241 : 298;
const _SC_PAGESIZE = 30;
const PAGE = sysconf(_SC_PAGESIZE);
/** A power of two. */
const DATA_LENGTH = 4 << 20;
/** Offsets in struct perf_event_attr, and what of it says "a BPF program's output". */
const Attribute = {
  Type: 0,
  Size: 4,
  Config: 8,
  SamplePeriod: 16,
  SampleType: 24,
  ReadFormat: 32,
  WakeupEvents: 48,
  Length: 64,
};
const PERF_TYPE_SOFTWARE = 1;
const PERF_COUNT_SW_BPF_OUTPUT = 10;
const PERF_SAMPLE_RAW = 1 << 10;
const PERF_FLAG_FD_CLOEXEC = 8;
/** Linux 6.0. */
const PERF_FORMAT_LOST = 1 << 4;
/** No process in particular; no group. */
const NONE = -1;
/** 64-bit words of the first page: how far the kernel has written, how far we have read. */
const DATA_HEAD = 128;
const DATA_TAIL = 129;
/** enum perf_event_type. */
const RECORD_LOST = 2;
const RECORD_SAMPLE = 9;
const RECORD_HEADER = 8;

/** `at` and `length` of a sample's octets in `octets`, which hold during the call alone. */
export type SampleVisit = (octets: Uint8Array, view: DataView) => void;

export class PerfRing {
  readonly #memory: Mapping;
  readonly #octets: Uint8Array;
  readonly #words: BigUint64Array;
  /** One that runs round the end of the ring is put together here. */
  readonly #whole = new Uint8Array(1 << 16);

  /** Of records that tell of it. */
  #lost = 0;

  private constructor(
    readonly fd: number,
    readonly tellsLost: boolean,
  ) {
    this.#memory = mapFile(fd, PAGE + DATA_LENGTH);
    this.#octets = new Uint8Array(this.#memory.buffer);
    this.#words = new BigUint64Array(this.#memory.buffer, 0, PAGE / 8);
  }

  static open(cpu: number): PerfRing {
    const attribute = map(PAGE);
    try {
      const { view } = attribute;
      view.setUint32(Attribute.Type, PERF_TYPE_SOFTWARE, true);
      view.setUint32(Attribute.Size, Attribute.Length, true);
      view.setUint32(Attribute.Config, PERF_COUNT_SW_BPF_OUTPUT, true);
      view.setUint32(Attribute.SamplePeriod, 1, true);
      view.setUint32(Attribute.SampleType, PERF_SAMPLE_RAW, true);
      // Nobody waits for it: it is looked at now and then.
      view.setUint32(Attribute.WakeupEvents, 0x7fff_ffff, true);
      view.setUint32(Attribute.ReadFormat, PERF_FORMAT_LOST, true);
      const open = () =>
        syscall(SYS_PERF_EVENT_OPEN, attribute.address, NONE, cpu, NONE, PERF_FLAG_FD_CLOEXEC, 0);
      let fd = open();
      const tellsLost = fd >= 0;
      if (!tellsLost && errno() === Errno.EINVAL) {
        view.setUint32(Attribute.ReadFormat, 0, true);
        fd = open();
      }
      if (fd < 0) throw systemError(`open a perf event on CPU ${cpu}`, errno());
      try {
        return new PerfRing(fd, tellsLost);
      } catch (error) {
        close(fd);
        throw error;
      }
    } finally {
      unmap(attribute);
    }
  }

  /** Samples that found no room. Before Linux 6.0 those are told with the next one that finds some. */
  get lost(): number {
    if (!this.tellsLost) return this.#lost;
    const memory = map(PAGE);
    try {
      // A count that is of no use here, then that.
      if (read(this.fd, memory.address, 16) !== 16) throw systemError('read a perf event', errno());
      return Number(memory.view.getBigUint64(8, true));
    } finally {
      unmap(memory);
    }
  }

  /** Hands out what has come. */
  drain(visit: SampleVisit): void {
    const { view } = this.#memory;
    // By Atomics: what the head counts is there, and what the tail gives back has been read.
    const head = Number(Atomics.load(this.#words, DATA_HEAD));
    let tail = Number(this.#words[DATA_TAIL]);
    while (tail < head) {
      const at = PAGE + (tail % DATA_LENGTH);
      const length = view.getUint16(at + 6, true);
      const octets = this.#record(at, length);
      const record = new DataView(octets.buffer, octets.byteOffset, length);
      const type = record.getUint32(0, true);
      if (type === RECORD_LOST) this.#lost += Number(record.getBigUint64(RECORD_HEADER + 8, true));
      else if (type === RECORD_SAMPLE) {
        const from = octets.byteOffset + RECORD_HEADER + 4;
        const size = record.getUint32(RECORD_HEADER, true);
        visit(new Uint8Array(octets.buffer, from, size), new DataView(octets.buffer, from, size));
      }
      tail += length;
      Atomics.store(this.#words, DATA_TAIL, BigInt(tail));
    }
  }

  close(): void {
    unmap(this.#memory);
    close(this.fd);
  }

  /** Its header never runs round the end: records are of multiples of 8 octets. */
  #record(at: number, length: number): Uint8Array {
    const end = PAGE + DATA_LENGTH;
    if (at + length <= end) return this.#octets.subarray(at, at + length);
    this.#whole.set(this.#octets.subarray(at, end));
    this.#whole.set(this.#octets.subarray(PAGE, at + length - DATA_LENGTH), end - at);
    return this.#whole.subarray(0, length);
  }
}
