import { updateState } from '../../state/file.js';
import type { StateDocument } from '../../state/schema.js';
import { confirm } from '../confirm.js';
import type { Context } from '../context.js';
import { incomplete } from '../incomplete.js';
import { findPlace } from '../port/place.js';
import { recordedPorts } from '../port/recorded.js';

/** `evlnet port disable`: forgets the port, and with a device's last port its options. */
export async function run(context: Context): Promise<number> {
  const { arguments: given, system, state, stateOptions } = context;
  const ifname = given.text('dev');
  if (ifname === undefined && !given.flag('all'))
    throw incomplete('evlnet port disable { [ dev ] IFNAME | all }');
  const links = await system.links();
  const change = (draft: StateDocument) => {
    // A name that is neither a port nor could be one is a mistake; a port that is not enabled is what was wanted.
    if (ifname !== undefined && draft.ports[ifname] === undefined) findPlace(ifname, {}, links);
    const kept = recordedPorts(draft, links).filter((port) => ifname !== undefined && port.ifname !== ifname);
    const bases = new Set(kept.map((port) => port.baseName));
    draft.ports = Object.fromEntries(kept.map((port) => [port.ifname, port.entry]));
    draft.devices = Object.fromEntries(Object.entries(draft.devices).filter(([base]) => bases.has(base)));
  };
  return confirm(context, updateState(state.file, change, stateOptions));
}
