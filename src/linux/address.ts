// IPv4 addresses of interfaces: rtnetlink(7), <linux/if_addr.h>.
import { dump } from './netlink.js';
import { attributes } from './netlink-message.js';

/** An IPv4 address of an interface; addresses are unsigned numbers in host order. */
export interface Address {
  ifindex: number;
  address: number;
  /** Prefix length. */
  prefix: number;
  broadcast?: number;
  /** global, link, host, site, nowhere, or a number. */
  scope: string;
}

const GET_ADDRESS = 22;
const AF_INET = 2;
const HEADER_LENGTH = 8;
const Attribute = { Address: 1, Local: 2, Broadcast: 4 } as const;
// rtnetlink(7), rtm_scope.
const SCOPES: Record<number, string> = { 0: 'global', 200: 'site', 253: 'link', 254: 'host', 255: 'nowhere' };

/** Every IPv4 address of this network namespace. */
export const addresses = (): Address[] =>
  dump('list the IPv4 addresses', GET_ADDRESS, Uint8Array.of(AF_INET, 0, 0, 0, 0, 0, 0, 0), readAddress);

/** The payload of RTM_NEWADDR between `at` and `end`; nothing if it is not about IPv4. */
export function readAddress(view: DataView, at: number, end: number): Address | undefined {
  if (end - at < HEADER_LENGTH || view.getUint8(at) !== AF_INET) return undefined;
  const found = attributes(view, at + HEADER_LENGTH, end);
  // On a point-to-point link IFA_ADDRESS is the peer's.
  const address = found.be32(Attribute.Local) ?? found.be32(Attribute.Address);
  if (address === undefined) return undefined;
  const broadcast = found.be32(Attribute.Broadcast);
  const scope = view.getUint8(at + 3);
  return {
    ifindex: view.getUint32(at + 4, true),
    address,
    prefix: view.getUint8(at + 1),
    ...(broadcast === undefined ? {} : { broadcast }),
    scope: SCOPES[scope] ?? String(scope),
  };
}
