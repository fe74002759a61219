// packet(7): what can be asked of a packet socket that somebody else in this process opened.
import { readdirSync } from 'node:fs';
import { getsockopt, setsockopt } from './libc.js';
import { map } from './memory.js';

const SOL_SOCKET = 1;
const SO_ERROR = 4;
const SO_DOMAIN = 39;
const AF_PACKET = 17;
const SOL_PACKET = 263;
const PACKET_STATISTICS = 6;
const PACKET_IGNORE_OUTGOING = 23;

const VALUE = 0;
const LENGTH = 64;
const memory = map(4096);

/** The packet socket that `act` opens, by what it adds to the descriptors of this process; -1 where it opens none. */
export function packetSocketOf<T>(act: () => T): { result: T; fd: number } {
  const before = packetSockets();
  const result = act();
  return { result, fd: packetSockets().find((fd) => !before.includes(fd)) ?? -1 };
}

/** From here on the socket sees received frames only (Linux 4.20). */
export function ignoreOutgoing(fd: number): boolean {
  memory.view.setInt32(VALUE, 1, true);
  return setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, memory.address, 4) === 0;
}

/** What went into the socket's buffer, and what found no room in it, since the last call. */
export function takeStatistics(fd: number): { frames: number; lost: number } {
  memory.view.setUint32(LENGTH, 8, true);
  if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, memory.address, memory.address + LENGTH) < 0)
    return { frames: 0, lost: 0 };
  // struct tpacket_stats: tp_packets counts the lost ones too.
  const lost = memory.view.getUint32(4, true);
  return { frames: memory.view.getUint32(0, true) - lost, lost };
}

/** The error that waits at the socket, 0 for none; asking takes it away. ENETDOWN: its interface went down, or is gone. */
export const takeError = (fd: number): number => Math.max(0, option(fd, SOL_SOCKET, SO_ERROR));

/** An integer option, -1 where the descriptor is no socket. */
function option(fd: number, level: number, name: number): number {
  memory.view.setUint32(LENGTH, 4, true);
  if (getsockopt(fd, level, name, memory.address, memory.address + LENGTH) < 0) return -1;
  return memory.view.getInt32(VALUE, true);
}

// The folder itself is among the descriptors, and closed by the time one asks.
const packetSockets = (): number[] =>
  readdirSync('/proc/self/fd')
    .map(Number)
    .filter((fd) => option(fd, SOL_SOCKET, SO_DOMAIN) === AF_PACKET);
