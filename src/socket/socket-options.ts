import type { Lookup } from './hosts.js';
import type { RemoteInfo } from './inbox.js';
import type { TxTimestamps } from './timestamps.js';

export interface SocketOptions {
  readonly type: 'udp4';
  /** Other sockets may have the same address. */
  readonly reuseAddr?: boolean;
  /** Octets of the buffers; default 212992 each. */
  readonly recvBufferSize?: number;
  readonly sendBufferSize?: number;
  /**
   * SO_BUSY_POLL: microseconds, 0 to 1000000, for which the program looks for more after something came, before it sleeps; default 0. Answers come
   * sooner, and the CPU is not idle meanwhile; what else the program does waits 20 microseconds at most. Not of a
   * socket with `unref()`, which keeps no program.
   */
  readonly busyPoll?: number;
  /** Finds the addresses of names, as `dns.lookup` does unless told. */
  readonly lookup?: Lookup;
  /** Closes the socket. */
  readonly signal?: AbortSignal;
  /** The port that it sends and receives through, such as `eth0.42`; default all of one device. */
  readonly ifname?: string;
  /** State file; default as for the command line. */
  readonly state?: string;
}

export interface AddressInfo {
  readonly address: string;
  readonly family: 'IPv4';
  readonly port: number;
}

/** What `error` tells: of an `EvlnetError` or a `SocketError` its fields, of a name that has no address those of node:dns. */
export interface SocketFailure extends Error {
  readonly code?: string | undefined;
  readonly hint?: string | undefined;
  readonly errno?: number | undefined;
  readonly syscall?: string | undefined;
  readonly address?: string | undefined;
  readonly port?: number | undefined;
}

export interface SocketEvents {
  listening: [];
  connect: [];
  message: [message: Buffer, from: RemoteInfo];
  /** There is something for `receive`: who listens to this gets no `message`. */
  readable: [];
  /** There is room again, where `transmit` found none. */
  drain: [];
  /** A datagram has left, and when; with `setTimestamping({ tx: true })`. */
  timestamp: [times: TxTimestamps];
  /** Among others ECONNREFUSED, where the host that it is connected to says by ICMP that nobody is there: as on Linux. */
  error: [error: SocketFailure];
  close: [];
}
