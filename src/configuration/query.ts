import { DROPS } from '../drop.js';
import { readState } from '../state/file.js';
import { deviceOptions } from '../state/schema.js';
import { readPage, stats64 } from './counters.js';
import { cannotFindPort } from './not-found.js';
import { findPlace } from './place.js';
import { recordedPorts } from './recorded-port.js';
import type { Surroundings } from './surroundings.js';

/** What `evl net -Q` reports; the keys are those of EVL's struct evl_netdev_stat. */
export interface PortReport {
  readonly ifname: string;
  /** Frames are taken in the driver, before the kernel makes anything of them. */
  readonly oob_capable: boolean;
  readonly rx_packets: number;
  readonly rx_bytes: number;
  readonly tx_packets: number;
  readonly tx_bytes: number;
  /** Octets a buffer. */
  readonly skb_size: number;
  readonly skb_free: number;
  readonly skb_total: number;
  /** Datagrams with a wrong checksum. */
  readonly csum_errors: number;
  /** Frames lost for want of a buffer. */
  readonly rx_nomem: number;
  readonly tx_nomem: number;
}

/** The report of an enabled port, zeros where no worker runs. */
export async function query(around: Surroundings, ifname: string): Promise<PortReport> {
  const { system, state, stateOptions } = around;
  const document = readState(state.file, stateOptions);
  const links = await system.links();
  const port = recordedPorts(document, links).find((p) => p.ifname === ifname);
  if (port === undefined) {
    findPlace(ifname, {}, links);
    throw cannotFindPort(ifname);
  }
  const worker = (await system.workers(state)).find((w) => w.device === port.baseName);
  const slot = port.vid ?? 0;
  const counts = (await readPage(around, worker, [slot]))?.slots.get(slot);
  const { rx, tx } = stats64(counts);
  const drops = (name: string) => counts?.drops[DROPS.findIndex(([drop]) => drop === name)] ?? 0;
  const { pool, bufsz } = deviceOptions(document, port.baseName);
  return {
    ifname,
    oob_capable: worker?.status?.mode === 'native',
    rx_packets: rx.packets,
    rx_bytes: rx.bytes,
    tx_packets: tx.packets,
    tx_bytes: tx.bytes,
    skb_size: bufsz,
    // Replies go out in the buffer that the request came in: none is taken from the pool for longer than a batch.
    skb_free: pool,
    skb_total: pool,
    csum_errors: drops('udp-bad-checksum'),
    rx_nomem: drops('xsk-fill-ring-empty'),
    tx_nomem: drops('no-buffer') + drops('tx-ring-full'),
  };
}
