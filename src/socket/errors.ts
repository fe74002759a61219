// The errors of node:dgram, by their codes: a program that knows those knows these.
import { EvlnetError } from '../errors.js';
import { Errno, errnoName } from '../linux/libc.js';

const socketError = (code: string, message: string, hint?: string) =>
  new EvlnetError(code, message, hint === undefined ? {} : { hint });

export const alreadyBound = () =>
  socketError('ERR_SOCKET_ALREADY_BOUND', 'Cannot bind: the socket is bound already');
export const notRunning = () =>
  socketError('ERR_SOCKET_DGRAM_NOT_RUNNING', 'Cannot use the socket: it is closed');
export const isConnected = () =>
  socketError(
    'ERR_SOCKET_DGRAM_IS_CONNECTED',
    'Cannot connect: the socket is connected already',
    'disconnect()',
  );
export const notConnected = () =>
  socketError('ERR_SOCKET_DGRAM_NOT_CONNECTED', 'Cannot ask for the peer: the socket is not connected');
export const badPort = (port: unknown) =>
  socketError(
    'ERR_SOCKET_BAD_PORT',
    `Cannot use port ${JSON.stringify(port) ?? String(port)}: it is not one`,
  );
export const badType = () =>
  socketError('ERR_SOCKET_BAD_TYPE', "Cannot make the socket: its type must be 'udp4'");
export const badArgument = (name: string, wanted: string) =>
  socketError('ERR_INVALID_ARG_TYPE', `Cannot use argument "${name}": it must be ${wanted}`);
export const badBufferSize = () =>
  socketError(
    'ERR_SOCKET_BAD_BUFFER_SIZE',
    'Cannot use that buffer size: it must be a number of octets, 1 at least',
  );
export const missingArgument = (name: string) =>
  socketError('ERR_MISSING_ARGS', `Cannot do without argument "${name}"`);
/** A number, but not one of those. */
export const outOfRange = (what: string, least: number, most: number) =>
  new EvlnetError('EINVAL', `Cannot set the ${what}: it is from ${least} to ${most} (EINVAL)`, {
    errno: Errno.EINVAL,
  });
export const noIpv4Address = (host: string) =>
  new EvlnetError('EINVAL', `Cannot use host "${host}": it has no IPv4 address (EINVAL)`, {
    errno: Errno.EINVAL,
  });
export const outOfBounds = (name: string) =>
  socketError('ERR_BUFFER_OUT_OF_BOUNDS', `Cannot use argument "${name}": it is outside the buffer`);
export const notBound = () => systemCallError('get the address', 9);
export const cancelled = () => systemCallError('send', 125);
/** ENETRESET: the worker ended while the datagram was on its way to it. */
export const lost = () => systemCallError('send', 102);

/** What a system call would have failed with. */
export const systemCallError = (act: string, errno: number, hint?: string): EvlnetError =>
  errnoError(act, errno, REASONS, hint);

/** The same, for a reason of the caller's. */
export function refusal(act: string, errno: number, reason: string, hint: string): EvlnetError {
  const code = errnoName(errno);
  return new EvlnetError(code, `Cannot ${act}: ${reason} (${code})`, { errno, hint });
}

/** The same, for sending a frame. */
export const frameError = (errno: number): EvlnetError => errnoError('send', errno, FRAME_REASONS);

/** What the network says of the host that a socket is connected to. */
export function faultError(errno: number): EvlnetError {
  const code = errnoName(errno);
  const said = FAULTS[code] ?? 'the host cannot be reached, says one on the way';
  return new EvlnetError(code, `Cannot reach the peer: ${said} (${code})`, { errno });
}

/** What becomes of a port is told to the sockets that are bound to it, as packet(7) tells of an interface. */
export const portError = (ifname: string | undefined, errno: number): EvlnetError =>
  refusal(
    'receive',
    errno,
    'the port that the socket is bound to is gone',
    `evlnet port enable ${ifname ?? 'IFNAME'}`,
  );

const FAULTS: Record<string, string> = {
  ECONNREFUSED: 'connection refused, nobody has that UDP port',
  ENOPROTOOPT: 'it does not speak UDP',
  EMSGSIZE: 'a datagram was too long for a router on the way, and lost',
  EPROTO: 'a header is wrong, says a host on the way',
};

function errnoError(act: string, errno: number, reasons: Record<string, string>, hint?: string): EvlnetError {
  const code = errnoName(errno);
  return new EvlnetError(code, `Cannot ${act}: ${reasons[code] ?? 'it failed'} (${code})`, {
    errno,
    ...((hint ?? HINTS[code]) ? { hint: (hint ?? HINTS[code])! } : {}),
  });
}

const REASONS: Record<string, string> = {
  EACCES: 'broadcast is not allowed',
  EBADF: 'the socket is not bound',
  ECANCELED: 'the socket was closed before',
  EINVAL: 'the destination is not on any link',
  EMSGSIZE: 'the datagram is longer than 65507 octets, or than the path takes without cutting it',
  EADDRNOTAVAIL: 'the port has no address',
  ENETUNREACH: 'network is unreachable',
  ENETRESET: 'the worker ended, and with it what was under way',
  ENOBUFS: 'no buffers left',
  EHOSTUNREACH: 'no room for another neighbour',
  EDESTADDRREQ: 'no destination',
};

const FRAME_REASONS: Record<string, string> = {
  EINVAL: 'the frame is shorter than an Ethernet header',
  EMSGSIZE: 'the frame is longer than the MTU of its port',
  ENXIO: 'the socket is bound to no port, or there is none for that VLAN',
};

const HINTS: Record<string, string> = {
  EACCES: 'setBroadcast(true)',
  ENETUNREACH: 'evlnet port set IFNAME address A/PLEN, for an address of that network',
  ENOBUFS: 'evlnet port set IFNAME pool N',
  ENXIO: 'name a port by the option ifname, or by vid',
};
