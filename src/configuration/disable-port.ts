import type { EvlnetError } from '../errors.js';
import { updateState } from '../state/file.js';
import type { StateDocument } from '../state/schema.js';
import { confirm } from './confirm.js';
import { findPlace } from './place.js';
import { warnAboutVids } from './port-warnings.js';
import { recordedPorts } from './recorded-port.js';
import type { Surroundings } from './surroundings.js';

/** Forgets the port (undefined: all of them), and with a device's last port its options; returns what keeps the workers from following. */
export async function disable(around: Surroundings, ifname: string | undefined): Promise<EvlnetError[]> {
  const links = await around.system.links();
  let forgotten: number[] = [];
  const change = (draft: StateDocument) => {
    // A name that is neither a port nor could be one is a mistake; a port that is not enabled is what was wanted.
    if (ifname !== undefined && draft.ports[ifname] === undefined) findPlace(ifname, {}, links);
    const ports = recordedPorts(draft, links);
    const kept = ports.filter((port) => ifname !== undefined && port.ifname !== ifname);
    forgotten = ports.filter((port) => !kept.includes(port)).flatMap(({ vid }) => vid ?? []);
    const bases = new Set(kept.map((port) => port.baseName));
    draft.ports = Object.fromEntries(kept.map((port) => [port.ifname, port.entry]));
    draft.devices = Object.fromEntries(Object.entries(draft.devices).filter(([base]) => bases.has(base)));
  };
  const state = updateState(around.state.file, change, around.stateOptions);
  const errors = await confirm(around, state);
  if (Object.keys(state.ports).length > 0) warnAboutVids(around, state, links, forgotten);
  return errors;
}
