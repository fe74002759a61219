import { neighbourWords } from '../neighbour/view.js';
import type { Paint } from '../print/paint.js';
import type { View } from '../print/printer.js';
import type { RouteRecord, WayRecord } from './record.js';

/** The lines of ip(8). */
export const routeView: View<RouteRecord> = {
  text: (route, { paint }) => [
    [
      route.dst === 'default' ? route.dst : paint.inet(route.dst),
      ...via(route, paint),
      ...(route.scope === undefined ? [] : [`scope ${route.scope}`]),
      ...source(route, paint),
      ...(route.metric === undefined ? [] : [`metric ${route.metric}`]),
    ].join(' '),
  ],
};

export const wayView: View<WayRecord> = {
  text: (way, { paint }) => [
    [
      ...(way.type === undefined ? [] : [way.type]),
      paint.inet(way.dst),
      ...via(way, paint),
      ...source(way, paint),
    ].join(' '),
    `    mtu ${way.mtu}${neighbour(way, paint)}`,
  ],
};

const via = ({ gateway, dev }: { gateway?: string; dev: string }, paint: Paint): string[] => [
  ...(gateway === undefined ? [] : [`via ${paint.inet(gateway)}`]),
  `dev ${paint.ifname(dev)}`,
];

const source = ({ prefsrc }: { prefsrc?: string }, paint: Paint): string[] =>
  prefsrc === undefined ? [] : [`src ${paint.inet(prefsrc)}`];

function neighbour(way: WayRecord, paint: Paint): string {
  if (way.type !== undefined) return '';
  const known = way.neighbour;
  const whose = paint.inet(known?.dst ?? way.gateway ?? way.dst);
  return ` neighbour ${whose} ${known === undefined ? 'not yet known' : neighbourWords(known, paint)}`;
}
