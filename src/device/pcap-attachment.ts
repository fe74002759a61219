// The cold side of the pcap device: what the in-band side holds of it. The interface itself is opened by the device, in its own process.
import { Drop } from '../drop.js';
import type { OpenFilter } from '../filter/open.js';
import { RULE_HITS } from '../filter/rule-hits.js';
import { WasmFilter } from '../filter/wasm/filter.js';
import type { Attachment } from './attachment.js';
import { KernelCopy } from './kernel-copy.js';
import type { PcapPlace } from './pcap.js';
import { type FilterChange, packFilter } from './pcap-filter.js';
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
  /** Tells the device; resolves once it follows. */
  readonly change: (filter: FilterChange) => Promise<void>;
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
  let filter: OpenFilter | undefined;
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
    // Who is to have a frame is told first: for a moment both may. What leaves the set may be lost between the two.
    setVlans(table) {
      page.setTable(table);
      copy?.setVlans(table);
    },
    async setFilter(next, anyEthertype) {
      const isSame = next !== undefined && next.object === filter?.object;
      // The device has no way to refuse it.
      if (next !== undefined && !isSame) WasmFilter.create(next.object, next.program);
      copy?.setFilter(next, anyEthertype);
      await o.change({
        packed: next === undefined ? 'none' : isSame ? 'same' : packFilter(next),
        anyEthertype,
      });
      filter = next;
    },
    instructions: () => filter?.program.instructions.length ?? copy?.instructions ?? 0,
    ruleHits() {
      const rules = filter?.object.maps.get(RULE_HITS)?.maxEntries;
      return rules === undefined ? undefined : [...page.hits.subarray(0, rules)];
    },
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
