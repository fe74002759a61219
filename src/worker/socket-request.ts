import type { Request } from '../control/messages.js';
import { EvlnetError } from '../errors.js';
import type { Joined } from '../stack/udp-endpoint.js';
import type { PacketWish, Wish } from './socket-bind.js';

/** Octets of a buffer, where nobody says how many: net.core.rmem_default. */
export const DEFAULT_BUFFER = 212_992;
export const MAX_BUFFER = 2 ** 26;

/** What an application asks for when it opens a socket. It may be of another version, or no application of ours. */
export function readSocketRequest(request: Request): {
  wish: Wish | PacketWish;
  receive: number;
  send: number;
} {
  return {
    wish: request.type === 'packet' ? readPacketWish(request) : readUdpWish(request),
    receive: integer(request, 'receive', 1, MAX_BUFFER, DEFAULT_BUFFER),
    send: integer(request, 'send', 1, MAX_BUFFER, DEFAULT_BUFFER),
  };
}

const readUdpWish = (request: Request): Wish => ({
  address: integer(request, 'address', 0, 2 ** 32 - 1),
  udpPort: integer(request, 'udpPort', 0, 65_535),
  ifname: interfaceOf(request),
  reusesAddress: request.reusesAddress === true,
});

export const readPacketWish = (request: Request): PacketWish => ({
  ethertype: integer(request, 'ethertype', 0, 65_535),
  ifname: interfaceOf(request),
});

export const readJoined = (request: Request): Joined => ({
  slot: integer(request, 'slot', 0, 4095),
  group: integer(request, 'group', 0, 2 ** 32 - 1),
});

function interfaceOf({ ifname }: Request): string | undefined {
  if (ifname !== undefined && typeof ifname !== 'string') throw wrong('ifname');
  return ifname;
}

export function integer(request: Request, name: string, least: number, most: number, otherwise = 0): number {
  const value = request[name] ?? otherwise;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most)
    throw wrong(name);
  return value;
}

const wrong = (name: string) => new EvlnetError('EVL_CONTROL', `Cannot read the request: "${name}" is wrong`);
