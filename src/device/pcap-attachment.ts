// The cold side of the pcap device: what the in-band side holds of it. The interface itself is opened by the device, in its own process.
import { Drop } from '../drop.js';
import { EvlnetError, Exit } from '../errors.js';
import type { Attachment } from './attachment.js';
import { KernelCopy } from './kernel-copy.js';
import type { PcapPlace } from './pcap.js';
import { PcapDrop, type PcapPage } from './pcap-page.js';

/** libpcap's buffer takes a frame in so many octets, its snapshot length, wherever the NIC merges packets (GRO): that is mostly. */
const SLOT = 64 * 1024;
const MAX_BUFFER = 64 << 20;

export interface PcapOptions {
  readonly ifname: string;
  readonly ifindex: number;
  readonly pool: number;
  /** A power of two. */
  readonly chunkSize: number;
  /** Why not a better driver. */
  readonly why?: string | undefined;
}

export interface PcapAttachment extends Attachment {
  readonly driver: 'pcap';
  /** `exclusive` where the kernel is kept from what is taken, else `shared`. */
  readonly mode: 'exclusive' | 'shared';
  readonly place: PcapPlace;
}

/** `page` is the one that the device shares. */
export function attachPcap(o: PcapOptions, page: PcapPage): PcapAttachment {
  let copy: KernelCopy | undefined;
  let shared: string | undefined;
  try {
    copy = new KernelCopy(o.ifindex);
  } catch (error) {
    shared = `the kernel sees what is taken too: ${(error as Error).message}`;
  }
  return {
    driver: 'pcap',
    engine: 'wasm',
    mode: copy ? 'exclusive' : 'shared',
    zeroCopy: false,
    queues: 1,
    pool: o.pool,
    chunkSize: o.chunkSize,
    why: [o.why, shared].filter((w) => w !== undefined).join('; ') || undefined,
    place: {
      ifname: o.ifname,
      pool: o.pool,
      chunkSize: o.chunkSize,
      bufferLength: Math.min(MAX_BUFFER, o.pool * SLOT),
    },
    // Who is to have a frame is told first, who is not to have it next: for a moment both may, but never neither.
    setVlans(table) {
      page.setTable(table);
      copy?.setVlans(table);
    },
    setFilter(filter) {
      if (filter !== undefined)
        throw new EvlnetError('EVL_FILTER', 'Cannot run a filter with the driver pcap in this version', {
          exit: Exit.Unsupported,
        });
    },
    instructions: () => copy?.instructions ?? 0,
    ruleHits: () => undefined,
    hookCounters: () => [...page.hook],
    hiddenVid: () => 0,
    drops: () => [
      [Drop.PcapBufferFull, page.drops[PcapDrop.BufferFull]!],
      [Drop.PcapOversize, page.drops[PcapDrop.Oversize]!],
      [Drop.PcapSendFailed, page.drops[PcapDrop.SendFailed]!],
    ],
    follow(base) {
      if (base === undefined) copy?.detach();
      else copy?.attach(base.ifindex);
    },
    pause() {
      copy?.detach();
      page.isPaused = true;
    },
    resume() {
      page.isPaused = false;
      copy?.attach();
    },
    close: () => copy?.close(),
  };
}
