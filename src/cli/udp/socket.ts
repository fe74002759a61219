import { createSocket } from '../../socket/create-socket.js';
import type { UdpSocket } from '../../socket/udp-socket.js';
import type { Context } from '../context.js';
import { withSocketOf } from '../with-socket.js';

/** Has a UDP socket on the base device until `use` resolves, bound to the port `ifname` or to that of -i. */
export const withSocket = (
  context: Context,
  { device, ifname }: { readonly device: string; readonly ifname?: string },
  use: (socket: UdpSocket, stop: AbortSignal) => Promise<void>,
): Promise<void> => {
  const bound = ifname === undefined ? {} : { ifname };
  return withSocketOf(context, device, (o) => createSocket({ type: 'udp4', ...o, ...bound }), use);
};
