import type { Address } from '../linux/address.js';
import type { Link } from '../linux/link.js';
import type { NetworkTables } from '../worker/routes.js';
import type { Surroundings } from './surroundings.js';

/** The kernel's tables at one moment. */
export interface Tables {
  readonly links: readonly Link[];
  readonly addresses: readonly Address[];
}

export const readTables = async ({ system }: Pick<Surroundings, 'system'>): Promise<Tables> => {
  const [links, addresses] = await Promise.all([system.links(), system.addresses()]);
  return { links, addresses };
};

/** With the kernel's routes. */
export async function readNetworkTables({ system }: Pick<Surroundings, 'system'>): Promise<NetworkTables> {
  const [links, addresses, routes] = await Promise.all([system.links(), system.addresses(), system.routes()]);
  return { links, addresses, routes };
}
