import type { CommonOptions } from './common-options.js';
import type { Lookup } from './hosts.js';
import type { RemoteInfo } from './inbox.js';
import type { TxTimestamps } from './timestamps.js';

export interface SocketOptions extends CommonOptions {
  readonly type: 'udp4';
  /** Other sockets may have the same address. */
  readonly reuseAddr?: boolean;
  /** Finds the addresses of names, as `dns.lookup` does unless told. */
  readonly lookup?: Lookup;
  /** The port that it sends and receives through, such as `eth0.42`; default all of one device. */
  readonly ifname?: string;
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
