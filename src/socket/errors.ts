// The errors of node:dgram, by their codes: a program that knows those knows these.
import { constants } from 'node:os';
import { type ErrorDetails, EvlnetError, Exit } from '../errors.js';
import { Errno, errnoName } from '../linux/libc.js';
import { formatIpv4 } from '../wire/address.js';

/** What failed, by the names that node:dgram has for it, and whereto. */
export interface SystemCall {
  readonly syscall: string;
  readonly address?: string | undefined;
  /** 0: any. */
  readonly port?: number | undefined;
}

/** What a system call would have failed with, told as the system errors of Node are: `errno` is negative. */
export class SocketError extends EvlnetError {
  readonly syscall: string;
  declare readonly address?: string;
  declare readonly port?: number;

  constructor(code: string, message: string, call: SystemCall, details: ErrorDetails = {}) {
    super(code, message, { ...details, errno: -(constants.errno[code as 'EINVAL'] ?? details.errno ?? 0) });
    this.syscall = call.syscall;
    if (call.address !== undefined) this.address = call.address;
    if (call.port) this.port = call.port;
  }
}

/** The same error as one of that call, where its code is one of the system's. */
export function ofSystemCall(error: Error, call: SystemCall): Error {
  if (!(error instanceof EvlnetError) || error instanceof SocketError) return error;
  const { code, message, hint, exit, cause } = error;
  if (!(code in constants.errno)) return error;
  return new SocketError(code, message, call, { exit, cause, ...(hint === undefined ? {} : { hint }) });
}

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
export function checkBufferSize(size: number): void {
  if (!Number.isInteger(size) || size < 1)
    throw socketError(
      'ERR_SOCKET_BAD_BUFFER_SIZE',
      'Cannot use that buffer size: it must be a number of octets, 1 at least',
    );
}
export const badSize = (name: string, most: number) =>
  socketError('ERR_OUT_OF_RANGE', `Cannot use argument "${name}": it must be from 0 to ${most}`);
export const noDescriptors = () =>
  unsupported('bind the socket of a descriptor: that is one of the kernel', 'bind', 'an address and a port');
export const noSources = (syscall: string) =>
  unsupported(
    'choose sources of a group: evlnet speaks IGMPv2',
    syscall,
    'addMembership(), and look at where a message comes from',
  );
const unsupported = (what: string, syscall: string, hint: string) =>
  new SocketError('EOPNOTSUPP', `Cannot ${what} (EOPNOTSUPP)`, { syscall }, { exit: Exit.Unsupported, hint });
export const missingArgument = (name: string) =>
  socketError('ERR_MISSING_ARGS', `Cannot do without argument "${name}"`);
/** A number, but not one of those. */
export const outOfRange = (syscall: string, what: string, least: number, most: number) =>
  new SocketError('EINVAL', `Cannot set the ${what}: it is from ${least} to ${most} (EINVAL)`, { syscall });
export const noIpv4Address = (host: string) =>
  new EvlnetError('EINVAL', `Cannot use host "${host}": it has no IPv4 address (EINVAL)`, {
    errno: Errno.EINVAL,
  });
export const outOfBounds = (name: string) =>
  socketError('ERR_BUFFER_OUT_OF_BOUNDS', `Cannot use argument "${name}": it is outside the buffer`);
export const notBound = () => errnoError('get the address', Errno.EBADF, REASONS, { syscall: 'getsockname' });
export const noBuffers = (syscall: string) =>
  new SocketError(
    'ERR_SOCKET_BUFFER_SIZE',
    'Cannot tell or set the buffer size: the socket is not bound (EBADF)',
    { syscall },
    { errno: Errno.EBADF, hint: 'bind()' },
  );
export const cancelled = () => sendError(Errno.ECANCELED);
/** ENETRESET: the worker ended while the datagram was on its way to it. */
export const lost = () => sendError(102);

/** What sending a datagram would have failed with; where a connected socket sends to (port 0) is not told, as it was not said. */
export function sendError(
  errno: number,
  to?: { readonly address: number; readonly port: number },
): SocketError {
  const place = to?.port ? { address: formatIpv4(to.address), port: to.port } : {};
  return errnoError('send', errno, REASONS, { syscall: 'send', ...place });
}

/** What a system call would have failed with, for a reason of the caller's. */
export function refusal({ act, syscall }: Act, errno: number, reason: string, hint: string): SocketError {
  const code = errnoName(errno);
  return new SocketError(code, `Cannot ${act}: ${reason} (${code})`, { syscall }, { hint });
}

/** What is done, in words and by the name that node:dgram gives it in its errors. */
export interface Act {
  readonly act: string;
  readonly syscall: string;
}

/** The same, for sending a frame. */
export const frameError = (errno: number): SocketError =>
  errnoError('send', errno, FRAME_REASONS, { syscall: 'send' }, FRAME_HINTS);

/** What the network says of the host that a socket is connected to. */
export function faultError(errno: number): SocketError {
  const code = errnoName(errno);
  const said = FAULTS[code] ?? 'the host cannot be reached, says one on the way';
  return new SocketError(code, `Cannot reach the peer: ${said} (${code})`, RECEIVE);
}

/** What becomes of a port is told to the sockets that are bound to it, as packet(7) tells of an interface. */
export const portError = (ifname: string | undefined, errno: number): EvlnetError =>
  refusal(
    RECEIVE,
    errno,
    'the port that the socket is bound to is gone',
    `evlnet port enable ${ifname ?? 'IFNAME'}`,
  );

const RECEIVE: Act = { act: 'receive', syscall: 'recvmsg' };

const FAULTS: Record<string, string> = {
  ECONNREFUSED: 'connection refused, nobody has that UDP port',
  ENOPROTOOPT: 'it does not speak UDP',
  EMSGSIZE: 'a datagram was too long for a router on the way, and lost',
  EPROTO: 'a header is wrong, says a host on the way',
};

function errnoError(
  act: string,
  errno: number,
  reasons: Record<string, string>,
  call: SystemCall,
  hints = HINTS,
): SocketError {
  const code = errnoName(errno);
  const hint = hints[code];
  const message = `Cannot ${act}: ${reasons[code] ?? 'it failed'} (${code})`;
  return new SocketError(code, message, call, hint === undefined ? {} : { hint });
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
  EMSGSIZE: 'send it in smaller pieces',
};

const FRAME_HINTS: Record<string, string> = {
  ...HINTS,
  EINVAL: 'it begins with two MAC addresses and a type, 14 octets',
  EMSGSIZE: 'send less at once, or ip link set dev IFNAME mtu N',
};
