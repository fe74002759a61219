import { createSocket } from '../../socket/create-socket.js';
import type { UdpSocket } from '../../socket/udp-socket.js';
import type { Context } from '../context.js';
import { withSocketOf } from '../with-socket.js';

/** Has a UDP socket on the base device until `use` resolves. */
export const withSocket = (
  context: Context,
  device: string,
  use: (socket: UdpSocket, stop: AbortSignal) => Promise<void>,
): Promise<void> =>
  withSocketOf(context, device, (options) => createSocket({ type: 'udp4', ...options }), use);
