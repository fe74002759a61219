// SIOCETHTOOL: <linux/ethtool.h>, <linux/sockios.h>. Unlike /sys it always means the namespace that the socket is in.
import { EvlnetError } from '../errors.js';
import { close, Errno, errno, ioctl, must, socket, systemError } from './libc.js';
import { map } from './memory.js';
import { untilNul } from './netlink-message.js';

const AF_INET = 2;
const SOCK_DGRAM_CLOEXEC = 2 | 0x80000;
const SIOCETHTOOL = 0x8946;
const IFNAMSIZ = 16;

// struct ifreq, and behind it the command that its pointer leads to.
const COMMAND = 64;
const memory = map(32 * 1024);
const request = new Uint8Array(memory.buffer, 0, COMMAND);

/** The command: written before the call, and the answer in its place after it. */
export const command = new DataView(memory.buffer, COMMAND);

/** Makes room for a command of `length` octets with that number, all else zero. */
export function prepare(number: number, length: number): void {
  if (length > command.byteLength) throw new RangeError(`ethtool command of ${length} octets`);
  new Uint8Array(memory.buffer, COMMAND, length).fill(0);
  command.setUint32(0, number, true);
}

/** The text of a field of the answer. */
export const field = (at: number, length: number): string =>
  untilNul(new Uint8Array(memory.buffer, COMMAND + at, length).slice());

/** Sends the prepared command to the driver of `name`; false where the driver does not know it. */
export function call(name: string, act: string): boolean {
  const octets = new TextEncoder().encode(name);
  // Cut short, it could be the name of another device.
  if (octets.length >= IFNAMSIZ || octets.includes(0)) throw missing(name);
  request.fill(0);
  request.set(octets);
  memory.view.setBigUint64(IFNAMSIZ, BigInt(memory.address + COMMAND), true);
  const fd = must(socket(AF_INET, SOCK_DGRAM_CLOEXEC, 0), act);
  const n = ioctl(fd, SIOCETHTOOL, memory.address) < 0 ? errno() : 0;
  close(fd);
  if (n === Errno.ENODEV) throw missing(name);
  if (n !== 0 && n !== Errno.EOPNOTSUPP) throw systemError(act, n);
  return n === 0;
}

const missing = (name: string) =>
  new EvlnetError('EVL_NO_DEVICE', `Cannot find device "${name}"`, {
    errno: Errno.ENODEV,
    hint: 'ip link show',
  });
