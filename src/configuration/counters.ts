import { join } from 'node:path';
import { DROPS } from '../drop.js';
import { readCounters, SlotCounter, type SlotCounts } from '../memory/counters.js';
import type { Surroundings } from './surroundings.js';
import type { Worker } from './system.js';

/** As `ip -s -j link` has it. */
export interface Stats64 {
  rx: { packets: number; bytes: number; dropped: number };
  tx: { packets: number; bytes: number; dropped: number };
}

/** The counters page of one worker. */
export type Page = NonNullable<ReturnType<typeof readCounters>>;

/** What was counted for the slots (0 the base device, else the VID); undefined where there is no page. */
export async function readPage(
  { system }: Surroundings,
  worker: Worker | undefined,
  slots: Iterable<number>,
): Promise<Page | undefined> {
  if (worker === undefined) return undefined;
  // Some counters are brought up to date by the worker's in-band side only now and then. One that did not tell its status would not answer.
  if (worker.isAlive && worker.status)
    await system.ask(worker.folder, { cmd: 'sync' }).catch(() => undefined);
  try {
    return readCounters(join(worker.folder, 'stats'), slots);
  } catch (error) {
    // The worker has just ended, or has not made it yet.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

export async function readStats64(
  around: Surroundings,
  worker: Worker | undefined,
  slot: number,
): Promise<Stats64> {
  const counts = (await readPage(around, worker, [slot]))?.slots.get(slot);
  return stats64(counts);
}

// Not lost: the kernel has them.
const IN_BAND = 'hidden-tag';
// Reasons why a reply, not a request, was lost.
const TX_DROPS = new Set([
  'tx-ring-full',
  'no-buffer',
  'xsk-bad-tx-descriptor',
  'source-unreachable',
  'pcap-send-failed',
  'neighbour-failed',
  'neighbour-queue-full',
]);

export function stats64(counts: SlotCounts | undefined): Stats64 {
  const of = (index: number) => counts?.counts[index] ?? 0;
  let rxDropped = 0;
  let txDropped = 0;
  DROPS.forEach(([name], index) => {
    if (index === 0 || name === IN_BAND) return;
    const dropped = counts?.drops[index] ?? 0;
    if (TX_DROPS.has(name)) txDropped += dropped;
    else rxDropped += dropped;
  });
  return {
    rx: { packets: of(SlotCounter.RxPackets), bytes: of(SlotCounter.RxBytes), dropped: rxDropped },
    tx: { packets: of(SlotCounter.TxPackets), bytes: of(SlotCounter.TxBytes), dropped: txDropped },
  };
}
