import * as ethernet from '../wire/ethernet.js';
import type { Packet } from './packet.js';
import type { Port } from './port.js';

/** PACKET_HOST and so on of <linux/if_packet.h>: whom a frame is to. */
export const PacketType = { Host: 0, Broadcast: 1, Multicast: 2, OtherHost: 3 } as const;
export type PacketType = (typeof PacketType)[keyof typeof PacketType];

/** As eth_type_trans() judges. A frame without a port was taken for the address of the device. */
export function packetType({ view, at }: Packet, port: Port | undefined): PacketType {
  if (ethernet.isGroup(view, at))
    return ethernet.isBroadcast(view, at) ? PacketType.Broadcast : PacketType.Multicast;
  const isOurs = port === undefined || ethernet.isDestination(view, at, port.macHi, port.macLo);
  return isOurs ? PacketType.Host : PacketType.OtherHost;
}
