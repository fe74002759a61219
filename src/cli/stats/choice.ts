import { cannotFindPort } from '../../configuration/not-found.js';
import { findPlace } from '../../configuration/place.js';
import { recordedPorts } from '../../configuration/recorded-port.js';
import { readState } from '../../state/file.js';
import type { Context } from '../context.js';
import type { Worker } from '../system.js';

/** A row of statistics: a port, or a base device that carries ports. */
export interface Counted {
  readonly ifname: string;
  readonly base: string;
  /** Where its counters are: the VID, 0 for the base device. */
  readonly slot: number;
  readonly worker: Worker | undefined;
}

/** All that is counted, base devices first, or the one that was asked for. */
export async function chosen(context: Context): Promise<Counted[]> {
  const { system, state, stateOptions } = context;
  const links = await system.links();
  const ports = recordedPorts(readState(state.file, stateOptions), links);
  const workers = await system.workers(state);
  const bases = [...new Set([...ports.map((port) => port.baseName), ...workers.map((w) => w.device)])];
  const all = bases.flatMap((base): Counted[] => {
    const worker = workers.find((w) => w.device === base);
    const vlans = ports.filter((port) => port.baseName === base && port.vid !== undefined);
    return [
      { ifname: base, base, slot: 0, worker },
      ...vlans.map((port) => ({ ifname: port.ifname, base, slot: port.vid!, worker })),
    ];
  });
  const ifname = context.arguments.text('dev');
  if (ifname === undefined) return all;
  const one = all.filter((counted) => counted.ifname === ifname);
  if (one.length > 0) return one;
  findPlace(ifname, {}, links);
  throw cannotFindPort(ifname);
}
