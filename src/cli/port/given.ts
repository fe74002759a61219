import { namedPort } from '../../configuration/named-port.js';
import type { RecordedPort } from '../../configuration/recorded-port.js';
import type { Link } from '../../linux/link.js';
import type { StateDocument } from '../../state/schema.js';
import type { Arguments } from '../arguments.js';

/** The port that `dev IFNAME` names, if it was given; throws where it is none. */
export function givenPort(
  given: Arguments,
  state: StateDocument,
  links: readonly Link[],
): RecordedPort | undefined {
  const ifname = given.text('dev');
  return ifname === undefined ? undefined : namedPort(ifname, state, links);
}
