import type { Style } from '../../print/printer.js';
import type { StatsRecord } from '../record.js';
import { stagesView } from '../stages.js';
import { nameOf } from '../view.js';
import type { Watch } from './watch.js';

/** The whole time in a few lines: of the ports that had something to do. */
export function summaryLines(watch: Watch, style: Style): string[] {
  const { seconds } = watch;
  const ports = watch.totals().filter(({ stats64: { rx, tx } }) => rx.packets + rx.dropped + tx.packets > 0);
  return [
    `--- ${seconds.toFixed(1)} s`,
    ...ports.flatMap((port) => portLines(port, seconds)),
    ...watch.times().flatMap((times) => stagesView.text(times, style)),
  ];
}

function portLines(record: StatsRecord, seconds: number): string[] {
  const { rx, tx } = record.stats64;
  const way = ({ packets, bytes }: typeof rx) =>
    `${packets} packets, ${bytes} octets (${(packets / (seconds || 1)).toFixed(1)} a second)`;
  const drops = Object.entries(record.drops).filter(([, count]) => count > 0);
  return [
    `${nameOf(record)}: received ${way(rx)}, sent ${way(tx)}`,
    ...(drops.length === 0
      ? []
      : [`    dropped ${drops.map(([reason, count]) => `${reason} ${count}`).join(', ')}`]),
  ];
}
