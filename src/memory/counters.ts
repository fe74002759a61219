import { closeSync, openSync, readSync } from 'node:fs';
import { DROP_COUNT } from '../drop.js';
import { HISTOGRAM_LENGTH } from './histogram.js';

// The page of counters of one worker: Float64 throughout, so that counting is one add without BigInt (exact to 2^53), and an
// aligned 8-octet store that a reader in another process never sees half-done.
//
//   0 header   64 device   128 histograms: service time, then the stages   … slots: one a VID, slot 0 the base device and frames without a port
const HEADER = 64;
const DEVICE = 64;
export const SLOTS = 4096;
export const SLOT_STRIDE = 128;
const HISTOGRAM_AT = HEADER + DEVICE;
const STAGES_AT = HISTOGRAM_AT + HISTOGRAM_LENGTH;
/** By `Stage`. */
export const STAGES = [
  'driver_queue',
  'driver_done',
  'queue_application',
  'application_queue',
  'queue_driver',
  'collections',
] as const;
const SLOTS_AT = STAGES_AT + STAGES.length * HISTOGRAM_LENGTH;
export const PAGE_LENGTH = (SLOTS_AT + SLOTS * SLOT_STRIDE) * 8;
const MAGIC = 0x65766c01;

/** What a frame goes through on its way in, and on its way out, as far as its times are known. */
export const Stage = {
  /** Received: from the driver until the out-of-band side took it from the ring. */
  DriverQueue: 0,
  /** Received: from the driver until its batch was done, which is: answered, or in the buffers of sockets. */
  DriverDone: 1,
  /** Received: from there until the application took it. */
  QueueApplication: 2,
  /** Sent: from the application until the device took it. */
  ApplicationQueue: 3,
  /** Sent: from there until the driver was done with it. */
  QueueDriver: 4,
  /** Not of frames: garbage collections of the out-of-band thread, while counted. */
  Collections: 5,
} as const;
export type StageName = (typeof STAGES)[number];

/** Counters of a slot; the drop reasons stand in front of them, by `Drop`. */
export const SlotCounter = {
  RxPackets: 100,
  RxBytes: 101,
  TxPackets: 102,
  TxBytes: 103,
  EchoRequests: 104,
  EchoReplies: 105,
  ArpReplies: 106,
  UdpDatagrams: 107,
  /** Packets put together, of so many fragments. */
  Reassembled: 108,
  FragmentsJoined: 109,
  /** Packets longer than the MTU, and the fragments among TxPackets that they left in. */
  Fragmented: 110,
  FragmentsSent: 111,
  TimestampReplies: 112,
  IcmpErrorsSent: 113,
  /** Not sent, as there were too many. */
  IcmpErrorsLimited: 114,
  /** ARP packets from which something was learned of another host, and that asked for nothing. */
  ArpLearned: 115,
  /** Frames that ended at packet sockets, as one took it or nobody else had a use for it, or at a service for frames. */
  PacketFrames: 116,
  /** Datagrams that a service answered. */
  UdpReplies: 117,
  /** ICMP messages that somebody here had a use for, but for requests to the responder: replies to a ping, errors about a socket's datagrams. */
  IcmpMessages: 118,
  /** IGMP messages that mattered here: queries, and reports of others that spared ours. What was told of memberships. */
  IgmpMessages: 119,
  IgmpReportsSent: 120,
  IgmpLeavesSent: 121,
  /** What routers said of the length of packets to a destination, and was believed. */
  PathMtus: 122,
} as const;

/** Counters of the device as a whole, written by the in-band side but for Waits and the collections. */
export const DeviceCounter = {
  Waits: 2,
  /** `HookCounter`s from here on. */
  Hook: 16,
  /** Garbage collections of the out-of-band thread, while counted. */
  Collections: 40,
  CollectionsNs: 41,
  /** Octets of its heap in use, at the start and the end of that counting. */
  HeapUsed: 42,
} as const;

/** The views of one page; `buffer` is PAGE_LENGTH octets. */
export class Counters {
  readonly header: Float64Array;
  readonly device: Float64Array;
  readonly serviceTime: Float64Array;
  /** By `Stage`. */
  readonly stages: readonly Float64Array[];
  /** Index of a counter: `slot * SLOT_STRIDE + SlotCounter.X` or `+ Drop.X`. */
  readonly slots: Float64Array;

  constructor(buffer: ArrayBuffer) {
    this.header = new Float64Array(buffer, 0, HEADER);
    this.device = new Float64Array(buffer, HEADER * 8, DEVICE);
    this.serviceTime = new Float64Array(buffer, HISTOGRAM_AT * 8, HISTOGRAM_LENGTH);
    this.stages = STAGES.map(
      (_, i) => new Float64Array(buffer, (STAGES_AT + i * HISTOGRAM_LENGTH) * 8, HISTOGRAM_LENGTH),
    );
    this.slots = new Float64Array(buffer, SLOTS_AT * 8, SLOTS * SLOT_STRIDE);
    this.header[0] = MAGIC;
  }
}

/** Counters of one slot, as read from outside. */
export interface SlotCounts {
  /** By `Drop`. */
  readonly drops: Float64Array;
  /** By `SlotCounter`. */
  readonly counts: Float64Array;
}

/** What `readCounters` found. */
export interface CountersRead {
  readonly device: Float64Array;
  readonly serviceTime: Float64Array;
  /** By `Stage`. */
  readonly stages: readonly Float64Array[];
  readonly slots: ReadonlyMap<number, SlotCounts>;
}

const readDoubles = (fd: number, at: number, count: number): Float64Array => {
  const doubles = new Float64Array(count);
  readSync(fd, new Uint8Array(doubles.buffer), 0, count * 8, at * 8);
  return doubles;
};

/** Reads device counters and the named slots of a worker's page. Costs the worker nothing. Undefined where it is not such a page. */
export function readCounters(file: string, slots: Iterable<number>): CountersRead | undefined {
  const fd = openSync(file, 'r');
  try {
    if (readDoubles(fd, 0, 1)[0] !== MAGIC) return undefined;
    const read = new Map<number, SlotCounts>();
    for (const slot of slots) {
      const counts = readDoubles(fd, SLOTS_AT + slot * SLOT_STRIDE, SLOT_STRIDE);
      read.set(slot, { drops: counts.subarray(0, DROP_COUNT), counts });
    }
    return {
      device: readDoubles(fd, HEADER, DEVICE),
      serviceTime: readDoubles(fd, HISTOGRAM_AT, HISTOGRAM_LENGTH),
      stages: STAGES.map((_, i) => readDoubles(fd, STAGES_AT + i * HISTOGRAM_LENGTH, HISTOGRAM_LENGTH)),
      slots: read,
    };
  } finally {
    closeSync(fd);
  }
}
