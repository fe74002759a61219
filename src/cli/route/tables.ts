import type { NetworkTables } from '../../worker/routes.js';
import type { Context } from '../context.js';

/** The kernel's links, addresses and routes at one moment. */
export async function networkTables({ system }: Context): Promise<NetworkTables> {
  const [links, addresses, routes] = await Promise.all([system.links(), system.addresses(), system.routes()]);
  return { links, addresses, routes };
}
