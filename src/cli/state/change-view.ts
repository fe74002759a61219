import { difference, formatVlanList, parseVlanList } from '../../filter/vlan-set.js';
import { type Change, keysOf } from '../../state/change.js';
import type {
  FilterState,
  NeighbourEntry,
  PortState,
  ServiceState,
  WorkerState,
} from '../../state/schema.js';
import { pairs } from '../print/pairs.js';
import type { View } from '../print/printer.js';
import { filterText, serviceText } from './words.js';

/** Lines in the words of `evlnet state`: `+` what comes, `-` what goes, `~` what becomes another. */
export const changeView: View<Change> = {
  text: (change, { paint }) => {
    const paints: Record<string, (text: string) => string> = {
      '+': paint.up,
      '-': paint.down,
      '~': paint.changed,
    };
    return linesOf(change).map((line) => paints[line[0]!]!(line));
  },
};

function linesOf({ op, path, value, old }: Change): string[] {
  const keys = keysOf(path);
  if (path === '/vlans') return vlanLines(String(old), String(value));
  if (op === 'replace') return [`~ ${subject(keys)} ${valueText(keys, old)} -> ${valueText(keys, value)}`];
  const [sign, content] = op === 'add' ? ['+', value] : ['-', old];
  return contentLines(keys, content).map((line) => `${sign} ${line}`);
}

/** What goes out of the set, and what comes into it. */
function vlanLines(old: string, value: string): string[] {
  const [before, after] = [parseVlanList(old), parseVlanList(value)];
  const lines = [
    ['-', formatVlanList(difference(before, after))],
    ['+', formatVlanList(difference(after, before))],
  ];
  return lines.filter(([, list]) => list !== '').map(([sign, list]) => `${sign} vlans ${list}`);
}

/** A line for each neighbour and service, as `evlnet state` has them. */
function contentLines(keys: readonly string[], content: unknown): string[] {
  const what = subject(keys);
  const [table, , third] = keys;
  if (table === 'ports' && keys.length === 2) {
    const { neighbours = {}, ...port } = content as PortState;
    return [what + pairs(port), ...neighbourLines(`${what} neighbour`, neighbours)];
  }
  const isTable = third === 'neighbours' && keys.length === 3;
  if (isTable && Object.keys(content as object).length > 0)
    return neighbourLines(what, content as Record<string, NeighbourEntry>);
  if (table === 'services' && keys.length === 2) {
    const { services, ...options } = content as WorkerState;
    return [what + pairs(options), ...services.map((service) => `${what} ${serviceText(service)}`)];
  }
  return [`${what} ${valueText(keys, content)}`.trimEnd()];
}

const neighbourLines = (what: string, neighbours: Readonly<Record<string, NeighbourEntry>>): string[] =>
  Object.entries(neighbours).map(([dst, entry]) => `${what} ${dst}${pairs(entry)}`);

const NOUNS: Readonly<Record<string, string>> = {
  ports: 'port',
  devices: 'device',
  filters: 'filter',
  services: 'run',
};

/** `port eth0.42 neighbour 10.10.10.10` */
function subject([table = '', name, third, ...rest]: readonly string[]): string {
  const noun = third === 'neighbours' ? 'neighbour' : third;
  return [NOUNS[table] ?? table, name, noun, ...rest].filter((word) => word !== undefined).join(' ');
}

function valueText(keys: readonly string[], value: unknown): string {
  const [table, , third] = keys;
  if (table === 'filters' && keys.length === 2) return filterText(value as FilterState);
  if (table === 'services' && third === 'services')
    return (value as ServiceState[]).map(serviceText).join(', ');
  if (Array.isArray(value)) return JSON.stringify(value);
  return typeof value === 'object' && value !== null ? pairs(value).trimStart() : String(value);
}
