import { isDeepStrictEqual } from 'node:util';
import type { FilterRecord } from '../filter/record.js';
import type { NeighbourRecord } from '../neighbour/record.js';
import type { PortRecord } from '../port/record.js';
import type { VlansRecord } from '../vlans.js';
import type { LinkRecord } from './link.js';
import type { WorkerRecord } from './worker.js';

/** What there is of each kind, as it is shown. */
export interface Records {
  link: LinkRecord;
  worker: WorkerRecord;
  vlans: VlansRecord;
  port: PortRecord;
  filter: FilterRecord;
  neigh: NeighbourRecord;
}
export type Kind = keyof Records;

/** In the order in which what was found at one look is told: causes first. */
export const KINDS = ['link', 'worker', 'vlans', 'port', 'filter', 'neigh'] as const satisfies Kind[];

/** What one look found: nothing of a kind that could not be read. */
export type Snapshot = { readonly [K in Kind]?: readonly Records[K][] | undefined } & {
  /** Devices that are ports, or that ports are on; `link` has all others too. */
  readonly devices?: ReadonlySet<string> | undefined;
};

/** One record that is new, different, or (`isDeleted`) gone; then it is the last one that was known. */
export interface Change<K extends Kind = Kind> {
  readonly kind: K;
  readonly record: Records[K];
  readonly isDeleted: boolean;
}

/** What tells a record from others of its kind. */
const ID: { readonly [K in Kind]: (record: Records[K]) => string } = {
  link: ({ ifindex, ifname }) => `${ifindex} ${ifname}`,
  worker: ({ ifname, worker }) => `${ifname} ${worker}`,
  vlans: () => '',
  port: ({ ifname }) => ifname,
  filter: ({ ifname }) => ifname,
  neigh: ({ dev, dst }) => `${dev} ${dst}`,
};

/** What is known after the second look: what it could not read is as it was. */
export const merged = (before: Snapshot, after: Snapshot): Snapshot => ({
  ...before,
  ...Object.fromEntries(Object.entries(after).filter(([, found]) => found !== undefined)),
});

/** What happened between two looks. */
export function changes(before: Snapshot, after: Snapshot): Change[] {
  // A device that becomes a port's, or ceases to be, has not changed by that.
  const watched = (snapshot: Snapshot): Snapshot => ({
    ...snapshot,
    link: snapshot.link?.filter(({ ifname }) => after.devices?.has(ifname)),
  });
  const [old, now] = [watched(before), watched(after)];
  return KINDS.flatMap((kind): Change[] => changesOf(kind, old[kind], now[kind]));
}

function changesOf<K extends Kind>(
  kind: K,
  before: readonly Records[K][] | undefined,
  after: readonly Records[K][] | undefined,
): Change<K>[] {
  if (before === undefined || after === undefined) return [];
  const id: (record: Records[K]) => string = ID[kind];
  const earlier = new Map(before.map((record) => [id(record), record]));
  const present = new Set(after.map(id));
  const gone = before.filter((record) => !present.has(id(record)));
  const changed = after.filter((record) => !isDeepStrictEqual(record, earlier.get(id(record))));
  return [
    ...gone.map((record) => ({ kind, record, isDeleted: true })),
    ...changed.map((record) => ({ kind, record, isDeleted: false })),
  ];
}
