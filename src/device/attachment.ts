import type { Drop } from '../drop.js';
import type { OpenFilter } from '../filter/open.js';
import type { Link } from '../linux/link.js';

/** The cold side of a driver: what the in-band side holds of it. */
export interface Attachment {
  readonly driver: 'xdp' | 'pcap';
  /** What runs a filter. */
  readonly engine: 'xdp' | 'wasm';
  readonly mode: string;
  readonly zeroCopy: boolean;
  readonly queues: number;
  readonly pool: number;
  readonly chunkSize: number;
  /** Why not a better driver or mode. */
  readonly why: string | undefined;
  /** Lets the VLAN rule follow a table (vlan-table.ts). */
  setVlans(table: Uint8Array): void;
  /**
   * Lets a filter decide in place of the VLAN rule alone; undefined: the VLAN rule again. No frame meets neither, counters go on, and with the
   * same `filter.object` its maps. `anyEthertype`: ACCEPT takes what is not IPv4 too. Rejects, with what was there still there.
   */
  setFilter(filter: OpenFilter | undefined, anyEthertype: boolean): Promise<void>;
  /**
   * Has what decides put the time in front of every frame that it takes, with this mark (filter/stamp.ts); 0: no more. With `hardware` the
   * NIC's own too: throws EVL_NO_HARDWARE_TIMES where it can never be told. Without this the driver knows no times.
   */
  setStamp?(mark: number, hardware?: boolean): Promise<void>;
  /** Has what decides tell of every frame, or no more (filter/tap.ts). */
  setTap?(isOn: boolean): Promise<void>;
  /** Id of the perf event array that it tells in. */
  tapMap?(): number;
  /** Instructions of what decides. */
  instructions(): number;
  /** Hits of each rule of the filter, that of the default last; nothing where it is not made of rules. */
  ruleHits(): number[] | undefined;
  /** By `HookCounter`. */
  hookCounters(): number[];
  /** VID of the last frame whose tag was hidden from the driver. */
  hiddenVid(): number;
  /** Frames that the driver lost, by reason, since it began. */
  drops(): readonly (readonly [reason: Drop, count: number])[];
  /** For a driver that outlives its interface: what there is now under its name, in its place. Without this the worker ends. */
  follow?(base: Link | undefined): void;
  /** All traffic is in-band until `resume`. */
  pause(): void;
  resume(): void;
  close(): void;
}
