export { EvlnetError } from './errors.js';
export { createSocket } from './socket/create-socket.js';
export type { RemoteInfo } from './socket/inbox.js';
export type { AddressInfo, SocketOptions, SocketStatistics, UdpSocket } from './socket/udp-socket.js';
