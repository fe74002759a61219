import type { Context } from '../context.js';
import { filterView } from '../filter/view.js';
import { neighbourView } from '../neighbour/view.js';
import { portView } from '../port/view.js';
import type { View } from '../print/printer.js';
import { stamp } from '../stamp.js';
import { vlansView } from '../vlans.js';
import type { Change, Kind, Records } from './changes.js';
import { linkView } from './link.js';
import { workerView } from './worker.js';

const VIEWS: { readonly [K in Kind]: View<Records[K]> } = {
  link: linkView,
  worker: workerView,
  vlans: vlansView,
  port: portView,
  filter: filterView,
  neigh: neighbourView,
};

/** As `ip monitor` prints it, without a space behind the label; with -j an object. */
export function eventText<K extends Kind>(
  { kind, record, isDeleted }: Change<K>,
  { globals, print }: Pick<Context, 'globals' | 'print'>,
  isLabelled: boolean,
  now = new Date(),
): string {
  const { json, timestamp } = globals;
  if (json)
    return JSON.stringify({
      ...(timestamp ? { timestamp: now.toISOString() } : {}),
      event: kind,
      ...(isDeleted ? { deleted: true } : {}),
      ...record,
    });
  const label = isLabelled ? `[${kind.toUpperCase()}]` : '';
  return `${stamp(timestamp, now)}${label}${isDeleted ? 'Deleted ' : ''}${print.text(VIEWS[kind], record)}`;
}
