import type { Paint } from '../print/paint.js';
import type { View } from '../print/printer.js';
import type { NeighbourRecord } from './record.js';

/** The lines of ip(8). */
export const neighbourView: View<NeighbourRecord> = {
  text: (n, { paint }) => [`${paint.inet(n.dst)} dev ${paint.ifname(n.dev)} ${neighbourWords(n, paint)}`],
  brief: ({ dst, dev, lladdr, state }, { paint }) => ({
    name: dst,
    state: state.join(','),
    paintName: paint.inet,
    rest: [paint.ifname(dev), lladdr && paint.lladdr(lladdr)],
  }),
};

/** `lladdr 02:fc:00:00:00:02 REACHABLE` */
export const neighbourWords = (
  { lladdr, updated, state }: Pick<NeighbourRecord, 'lladdr' | 'updated' | 'state'>,
  paint: Paint,
): string =>
  [
    ...(lladdr === undefined ? [] : [`lladdr ${paint.lladdr(lladdr)}`]),
    ...(updated === undefined ? [] : [`updated ${updated}`]),
    ...state,
  ].join(' ');
