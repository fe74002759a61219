/**
 * What a module needs that holds a service of a user's own; light, as the out-of-band thread loads it. A packet lies in `packet.view` from
 * `packet.at` on; the namespaces read and write its headers at `packet.l3` and `packet.l4`.
 *
 * @module service
 */

export { Drop } from './drop.js';
export {
  defineService,
  payloadAt,
  payloadLength,
  replyWith,
  type ServiceMaker,
  type UserService,
} from './service/define.js';
export { replyEcho, replyFrame, replyMessage } from './stack/egress.js';
export type { Packet } from './stack/packet.js';
export type { Port } from './stack/port.js';
export {
  type IcmpService,
  Outcome,
  type PacketService,
  type Service,
  type UdpService,
} from './stack/service.js';
export { formatIpv4, formatMac, parseIpv4, parseMac } from './wire/address.js';
export * as ethernet from './wire/ethernet.js';
export * as icmpv4 from './wire/icmpv4.js';
export * as ipv4 from './wire/ipv4.js';
export * as udp from './wire/udp.js';
export * as vlan from './wire/vlan.js';
