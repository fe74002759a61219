import type { Link } from '../linux/link.js';
import type { StateDocument } from '../state/schema.js';
import { cannotFindPort } from './not-found.js';
import { findPlace } from './place.js';
import { type RecordedPort, recordedPorts } from './recorded-port.js';

/** The enabled port of that name; throws where there is no such device, or it is no port. */
export function namedPort(ifname: string, state: StateDocument, links: readonly Link[]): RecordedPort {
  const port = recordedPorts(state, links).find((p) => p.ifname === ifname);
  if (port !== undefined) return port;
  findPlace(ifname, {}, links);
  throw cannotFindPort(ifname);
}
