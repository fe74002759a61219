import { badArgument, badType, checkBufferSize, checkBusyPoll } from './errors.js';
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
  check(given);
  const socket = new UdpSocket(given);
  if (onMessage) socket.on('message', onMessage);
  return socket;
}

function check({ lookup, signal, busyPoll, recvBufferSize, sendBufferSize }: SocketOptions): void {
  if (lookup !== undefined && typeof lookup !== 'function') throw badArgument('options.lookup', 'a function');
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw badArgument('options.signal', 'an AbortSignal');
  checkBusyPoll(busyPoll);
  for (const [name, size] of Object.entries({ recvBufferSize, sendBufferSize })) {
    if (size === undefined) continue;
    if (typeof size !== 'number') throw badArgument(`options.${name}`, 'a number');
    // 0: what there is without the option.
    checkBufferSize(size, 0);
  }
}
