import { DROPS } from '../../drop.js';
import { usage } from '../../errors.js';
import { readState } from '../../state/file.js';
import { deviceOptions } from '../../state/schema.js';
import type { Context } from '../context.js';
import { readPage, stats64 } from '../counters.js';
import { cannotFindPort } from '../port/device.js';
import { findPlace } from '../port/place.js';
import { type QueryRecord, queryLetters, queryView } from '../port/query.js';
import { recordedPorts } from '../port/recorded.js';

/** `evlnet port query` */
export async function run(context: Context): Promise<number> {
  const { arguments: given, system, print, state, stateOptions } = context;
  const ifname = given.text('dev')!;
  const letters = given.text('letters');
  const unknown = [...(letters ?? '')].find((letter) => !(letter in queryLetters));
  if (unknown !== undefined)
    throw usage(
      'EVL_ARGUMENT',
      `argument "${letters}" is wrong: there is no "${unknown}"`,
      `the letters are ${Object.keys(queryLetters).join('')}`,
    );
  const document = readState(state.file, stateOptions);
  const links = await system.links();
  const port = recordedPorts(document, links).find((p) => p.ifname === ifname);
  if (port === undefined) {
    findPlace(ifname, {}, links);
    throw cannotFindPort(ifname);
  }
  const worker = (await system.workers(state)).find((w) => w.device === port.baseName);
  const slot = port.vid ?? 0;
  const counts = (await readPage(context, worker, [slot]))?.slots.get(slot);
  const { rx, tx } = stats64(counts);
  const drops = (name: string) => counts?.drops[DROPS.findIndex(([drop]) => drop === name)] ?? 0;
  const { pool, bufsz } = deviceOptions(document, port.baseName);
  const record: QueryRecord = {
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
  await print.records(queryView(letters), [record]);
  return 0;
}
