// AF_XDP sockets and their rings: Documentation/networking/af_xdp.rst, <linux/if_xdp.h>.
import { bind, close, Errno, errno, getsockopt, must, setsockopt, socket, systemError } from './libc.js';
import { MAP_POPULATE, MAP_SHARED, type Mapping, map, mapFile, unmap, viewAt } from './memory.js';

const AF_XDP = 44;
const SOCK_RAW_CLOEXEC = 3 | 0x80000;
const SOL_XDP = 283;
const Option = {
  MmapOffsets: 1,
  RxRing: 2,
  TxRing: 3,
  UmemReg: 4,
  FillRing: 5,
  CompletionRing: 6,
  Statistics: 7,
  Options: 8,
  MaxTxBudget: 9,
};
const Offset = { rx: 0, tx: 0x8000_0000, fill: 0x1_0000_0000, completion: 0x1_8000_0000 };
const BindFlag = { SharedUmem: 1, Copy: 2, ZeroCopy: 4, NeedWakeup: 8 } as const;
const XDP_OPTIONS_ZEROCOPY = 1;
/** XDP_PACKET_HEADROOM: what the kernel leaves free in front of a received frame. */
export const HEADROOM = 256;

const scratch = map(4096);

/** Where one ring lies: plain numbers, so that another thread can view it (`viewRing`). */
export interface RingPlace {
  readonly address: number;
  readonly length: number;
  readonly size: number;
  readonly producer: number;
  readonly consumer: number;
  readonly flags: number;
  readonly entries: number;
}

/** One single-producer, single-consumer ring shared with the kernel. Indexes run freely over 2^32; `mask` makes them slots. */
export interface Ring {
  readonly size: number;
  readonly mask: number;
  /** One word each, in memory shared with the kernel: only through Atomics. */
  readonly producer: Int32Array;
  readonly consumer: Int32Array;
  readonly flags: Int32Array;
  /** Fill and completion: 2 words an entry (address low, high). rx and tx: 4 (address low, high, length, options). */
  readonly entries: Uint32Array;
}

export function viewRing(p: RingPlace): Ring {
  const { buffer } = viewAt(p.address, p.length);
  return {
    size: p.size,
    mask: p.size - 1,
    producer: new Int32Array(buffer, p.producer, 1),
    consumer: new Int32Array(buffer, p.consumer, 1),
    flags: new Int32Array(buffer, p.flags, 1),
    entries: new Uint32Array(buffer, p.entries, (p.length - p.entries) >> 2),
  };
}

/** XDP_RING_NEED_WAKEUP in `flags`: the kernel waits to be called. */
export const RING_NEED_WAKEUP = 1;

export interface Umem {
  readonly memory: Mapping;
  readonly chunkSize: number;
  /** Socket that registered it; the others share. */
  fd: number;
}

/** A bound socket, as plain numbers. */
export interface XskPlace {
  readonly fd: number;
  readonly queue: number;
  readonly rx: RingPlace;
  readonly tx: RingPlace;
  readonly fill: RingPlace;
  readonly completion: RingPlace;
}

export interface Xsk {
  readonly place: XskPlace;
  readonly zeroCopy: boolean;
  close(): void;
}

/** `chunks` × `chunkSize` octets of frame memory, not yet registered: the first socket does that. */
export const createUmem = (chunks: number, chunkSize: number): Umem => ({
  memory: map(chunks * chunkSize, MAP_POPULATE),
  chunkSize,
  fd: -1,
});

export const closeUmem = (umem: Umem): void => unmap(umem.memory);

const setRing = (fd: number, option: number, size: number, act: string) => {
  scratch.view.setUint32(0, size, true);
  must(setsockopt(fd, SOL_XDP, option, scratch.address, 4), act);
};

export interface XskOptions {
  readonly ifname: string;
  readonly ifindex: number;
  readonly queue: number;
  readonly umem: Umem;
  /** Power of two. */
  readonly ringSize: number;
  readonly copy: 'zero-copy' | 'copy';
}

/** Opens, maps and binds a socket to one queue. EBUSY where another socket still holds it, EOPNOTSUPP where zero-copy is not to be had. */
export function openXsk(o: XskOptions): Xsk {
  const what = `AF_XDP socket to queue ${o.queue} of "${o.ifname}"`;
  const fd = must(socket(AF_XDP, SOCK_RAW_CLOEXEC, 0), 'open an AF_XDP socket');
  const maps: Mapping[] = [];
  const end = () => {
    for (const m of maps) unmap(m);
    close(fd);
    if (o.umem.fd === fd) o.umem.fd = -1;
  };
  try {
    const shares = o.umem.fd >= 0;
    if (!shares) registerUmem(fd, o.umem);
    setRing(fd, Option.FillRing, o.ringSize, `size the fill ring of the ${what}`);
    setRing(fd, Option.CompletionRing, o.ringSize, `size the completion ring of the ${what}`);
    setRing(fd, Option.RxRing, o.ringSize, `size the receive ring of the ${what}`);
    setRing(fd, Option.TxRing, o.ringSize, `size the transmit ring of the ${what}`);
    const ringAt = offsets(fd);
    const ring = (name: keyof typeof Offset, words: number, n: number): RingPlace => {
      const at = (field: number) => Number(ringAt.getBigUint64(n * 32 + field * 8, true));
      const length = at(2) + o.ringSize * words * 4;
      const m = mapFile(fd, length, Offset[name], MAP_SHARED | MAP_POPULATE);
      maps.push(m);
      return {
        address: m.address,
        length,
        size: o.ringSize,
        producer: at(0),
        consumer: at(1),
        flags: at(3),
        entries: at(2),
      };
    };
    // The order of struct xdp_mmap_offsets: rx, tx, fill, completion.
    const rings = {
      rx: ring('rx', 4, 0),
      tx: ring('tx', 4, 1),
      fill: ring('fill', 2, 2),
      completion: ring('completion', 2, 3),
    };
    raiseTxBudget(fd);
    bindTo(fd, o, shares, what);
    if (!shares) o.umem.fd = fd;
    return { place: { fd, queue: o.queue, ...rings }, zeroCopy: isZeroCopy(fd), close: end };
  } catch (error) {
    end();
    throw error;
  }
}

function registerUmem(fd: number, umem: Umem): void {
  const v = scratch.view;
  v.setBigUint64(0, BigInt(umem.memory.address), true);
  v.setBigUint64(8, BigInt(umem.memory.length), true);
  v.setUint32(16, umem.chunkSize, true);
  v.setUint32(20, 0, true);
  v.setUint32(24, 0, true);
  v.setUint32(28, 0, true);
  if (setsockopt(fd, SOL_XDP, Option.UmemReg, scratch.address, 32) === 0) return;
  const n = errno();
  const limit = n === Errno.ENOBUFS || n === Errno.ENOMEM;
  throw systemError(`register ${umem.memory.length >> 10} KiB of frame memory`, n, {
    ...(limit ? { hint: 'raise RLIMIT_MEMLOCK (ulimit -l) or grant CAP_IPC_LOCK; or a smaller pool' } : {}),
  });
}

function offsets(fd: number): DataView {
  scratch.view.setUint32(1024, 128, true);
  must(
    getsockopt(fd, SOL_XDP, Option.MmapOffsets, scratch.address, scratch.address + 1024),
    'read the ring offsets of an AF_XDP socket',
  );
  return new DataView(scratch.buffer.slice(0, 128));
}

/** In copy mode one call transmits at most 32 frames; later kernels let us raise that. */
function raiseTxBudget(fd: number): void {
  scratch.view.setUint32(0, 256, true);
  setsockopt(fd, SOL_XDP, Option.MaxTxBudget, scratch.address, 4);
}

function bindTo(fd: number, o: XskOptions, shares: boolean, what: string): void {
  const v = scratch.view;
  const flags = shares
    ? BindFlag.SharedUmem
    : BindFlag.NeedWakeup | (o.copy === 'zero-copy' ? BindFlag.ZeroCopy : BindFlag.Copy);
  v.setUint16(0, AF_XDP, true);
  v.setUint16(2, flags, true);
  v.setUint32(4, o.ifindex, true);
  v.setUint32(8, o.queue, true);
  v.setUint32(12, shares ? o.umem.fd : 0, true);
  must(bind(fd, scratch.address, 16), `bind an ${what}`);
}

function isZeroCopy(fd: number): boolean {
  scratch.view.setUint32(1024, 4, true);
  const failed = getsockopt(fd, SOL_XDP, Option.Options, scratch.address, scratch.address + 1024) < 0;
  return !failed && (scratch.view.getUint32(0, true) & XDP_OPTIONS_ZEROCOPY) !== 0;
}

/** struct xdp_statistics: frames that the kernel dropped at this socket since it was opened. */
export interface XskStatistics {
  rxDropped: number;
  rxInvalid: number;
  txInvalid: number;
  rxRingFull: number;
  fillRingEmpty: number;
}

export function xskStatistics(fd: number): XskStatistics {
  scratch.view.setUint32(1024, 48, true);
  must(
    getsockopt(fd, SOL_XDP, Option.Statistics, scratch.address, scratch.address + 1024),
    'read the statistics of an AF_XDP socket',
  );
  const at = (n: number) => Number(scratch.view.getBigUint64(n * 8, true));
  return { rxDropped: at(0), rxInvalid: at(1), txInvalid: at(2), rxRingFull: at(3), fillRingEmpty: at(4) };
}
