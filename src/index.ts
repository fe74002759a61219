/**
 * What a program gets of evlnet: sockets on its stack, the configuration of the command line as calls, services of its own. Errors are
 * `EvlnetError`s with a stable `code`, listed in evlnet(8).
 *
 * @module index
 */

export {
  type CallOptions,
  disablePort,
  enablePort,
  type FilterChoice,
  queryPort,
  type SolicitCall,
  setFilter,
  setVlans,
  solicit,
} from './configuration/calls.js';
export type { EnableOptions } from './configuration/enable-port.js';
export type { DeviceOptions, PortOptions } from './configuration/options.js';
export type { PortReport } from './configuration/query.js';
export { type ErrorDetails, EvlnetError, Exit } from './errors.js';
export type { VerdictName } from './filter/verdict.js';
export { type RunningService, type RunServiceOptions, runService } from './library/run-service.js';
export { defineService, type ServiceMaker, type UserService } from './service/define.js';
export { createSocket } from './socket/create-socket.js';
export { SocketError, type SystemCall } from './socket/errors.js';
export type { FrameOptions } from './socket/frame-arguments.js';
export type { FrameInfo, FrameVisit, PacketType } from './socket/frame-inbox.js';
export type { Lookup } from './socket/hosts.js';
export type { DatagramVisit, RemoteInfo } from './socket/inbox.js';
export {
  createPacketSocket,
  type PacketAddress,
  PacketSocket,
  type PacketSocketEvents,
  type PacketSocketOptions,
  type Protocol,
} from './socket/packet-socket.js';
export type { Payload, SendCallback } from './socket/send-arguments.js';
export type { AddressInfo, SocketEvents, SocketFailure, SocketOptions } from './socket/socket-options.js';
export type { SocketStatistics } from './socket/statistics.js';
export type { RxTimestamps, Timestamping, TxTimestamps } from './socket/timestamps.js';
export type { MtuDiscoveryName } from './socket/udp-options.js';
export type { UdpSocket } from './socket/udp-socket.js';
