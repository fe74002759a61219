import type { EvlnetError } from '../errors.js';
import { updateState } from '../state/file.js';
import type { StateDocument } from '../state/schema.js';
import { confirm } from './confirm.js';
import { findPlace } from './place.js';
import { recordedPorts } from './recorded-port.js';
import type { Surroundings } from './surroundings.js';

/** Forgets the port (undefined: all of them), and with a device's last port its options; returns what keeps the workers from following. */
export async function disable(around: Surroundings, ifname: string | undefined): Promise<EvlnetError[]> {
  const links = await around.system.links();
  const change = (draft: StateDocument) => {
    // A name that is neither a port nor could be one is a mistake; a port that is not enabled is what was wanted.
    if (ifname !== undefined && draft.ports[ifname] === undefined) findPlace(ifname, {}, links);
    const kept = recordedPorts(draft, links).filter((port) => ifname !== undefined && port.ifname !== ifname);
    const bases = new Set(kept.map((port) => port.baseName));
    draft.ports = Object.fromEntries(kept.map((port) => [port.ifname, port.entry]));
    draft.devices = Object.fromEntries(Object.entries(draft.devices).filter(([base]) => bases.has(base)));
  };
  return confirm(around, updateState(around.state.file, change, around.stateOptions));
}
