import { checkOptions } from './common-options.js';
import { badArgument, badType } from './errors.js';
import type { RemoteInfo } from './inbox.js';
import type { SocketOptions } from './socket-options.js';
import { UdpSocket } from './udp-socket.js';

/**
 * A UDP socket on evlnet's own stack, used as one of node:dgram. It joins the worker of its device when it is bound, or becomes it where
 * none runs.
 */
export function createSocket(
  options: 'udp4' | SocketOptions,
  onMessage?: (message: Buffer, from: RemoteInfo) => void,
): UdpSocket {
  const given = typeof options === 'string' ? { type: options } : options;
  if (given?.type !== 'udp4') throw badType();
  const { lookup } = given;
  if (lookup !== undefined && typeof lookup !== 'function') throw badArgument('options.lookup', 'a function');
  checkOptions(given);
  const socket = new UdpSocket(given);
  if (onMessage) socket.on('message', onMessage);
  return socket;
}
