import type { Link } from '../linux/link.js';
import type { StateDocument } from '../state/schema.js';
import { findPlace } from './place.js';
import { recordedPorts } from './recorded-port.js';

/** The base device that `ifname` names, itself or by a VLAN on it; throws where there is none. */
export function filterDevice(ifname: string, state: StateDocument, links: readonly Link[]): string {
  const port = recordedPorts(state, links).find((p) => p.ifname === ifname);
  if (port) return port.baseName;
  // A device that is gone may still have a filter to be taken away.
  return state.filters[ifname] ? ifname : findPlace(ifname, {}, links).base.ifname;
}
