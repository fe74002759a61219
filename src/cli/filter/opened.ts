import { findPlace } from '../../configuration/place.js';
import { recordedPorts } from '../../configuration/recorded-port.js';
import { readTables, type Tables } from '../../configuration/tables.js';
import { tableView } from '../../filter/classify.js';
import { readObjectFile, readRecorded } from '../../filter/object-file.js';
import { type OpenFilter, openFilter } from '../../filter/open.js';
import type { FilterSource } from '../../filter/source.js';
import type { Link } from '../../linux/link.js';
import { readState } from '../../state/file.js';
import type { StateDocument } from '../../state/schema.js';
import type { Place } from '../../trial/judgement.js';
import { plan } from '../../worker/plan.js';
import type { Context } from '../context.js';
import { incomplete } from '../incomplete.js';
import { givenSource } from './source.js';

/** A filter to be tried, and what the hook would know of the device. */
export interface Tried {
  readonly filter: OpenFilter;
  readonly source: FilterSource;
  readonly place: Place;
  /** The base device, where one was named. */
  readonly base?: Link;
}

/** EVL: without a filter the VLAN rule decides. */
const NO_FILTER: FilterSource = { all: 'vlan' };

/** The filter that the words spell, or the one that is recorded for the device; both: that filter, as on that device. */
export async function givenFilter(context: Context): Promise<Tried> {
  const { arguments: given } = context;
  const spelled = givenSource(given);
  const ifname = given.text('dev');
  if (ifname === undefined) {
    if (spelled === undefined)
      throw incomplete('a filter or a device: object FILE.o, match EXPR VERDICT, all VERDICT or IFNAME');
    return { filter: openSource(spelled), source: spelled, place: { table: undefined, any: false } };
  }
  return filterOn(context, ifname, spelled);
}

/** A filter as on that device: the one that is recorded for it, or `spelled`. */
export async function filterOn(context: Context, ifname: string, spelled?: FilterSource): Promise<Tried> {
  const { state, stateOptions } = context;
  const document = readState(state.file, stateOptions);
  const tables = await readTables(context);
  const { base } = findPlace(ifname, {}, tables.links);
  const source = spelled ?? document.filters[base.ifname] ?? NO_FILTER;
  return { filter: openSource(source), source, base, place: placeOf(document, base, tables) };
}

const openSource = (source: FilterSource): OpenFilter => {
  if (!('object' in source)) return openFilter(source);
  const file = source.sha256 === undefined ? readObjectFile(source.object) : readRecorded(source);
  return openFilter(source, file.octets);
};

function placeOf(state: StateDocument, base: Link, { links, addresses }: Tables): Place {
  const ports = recordedPorts(state, links).filter((port) => port.baseName === base.ifname);
  return {
    table: tableView(plan(state, base, { links, addresses, routes: [] }, []).table),
    any: ports.some((port) => port.entry.ethertype === 'any'),
  };
}
