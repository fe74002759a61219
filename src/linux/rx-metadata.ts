// What a driver can tell an XDP program of a received frame: the family "netdev" of generic netlink, <linux/netdev.h>, <linux/genetlink.h>.
import { EvlnetError } from '../errors.js';
import { Errno } from './libc.js';
import { ask, Protocol } from './netlink.js';
import { type Attributes, attribute, attributes, text, u32 } from './netlink-message.js';

const CONTROL = 16;
const Command = { GetFamily: 3, GetDevice: 1 } as const;
const Attribute = { FamilyId: 1, FamilyName: 2, Ifindex: 1, RxMetadata: 5 } as const;
/** struct genlmsghdr. */
const HEADER_LENGTH = 4;
/** NETDEV_XDP_RX_METADATA_TIMESTAMP. */
const TIMESTAMP = 1;

/**
 * Whether the driver of an interface tells the time of its NIC; undefined where the kernel (before Linux 6.7) does not say what drivers can, or has
 * no such interface.
 */
export function tellsHardwareTime(ifindex: number): boolean | undefined {
  const family = askGeneric(
    CONTROL,
    Command.GetFamily,
    attribute(Attribute.FamilyName, text('netdev')),
    (a) => a.u16(Attribute.FamilyId),
  );
  if (family === undefined) return undefined;
  const features = askGeneric(family, Command.GetDevice, attribute(Attribute.Ifindex, u32(ifindex)), (a) =>
    a.u32(Attribute.RxMetadata),
  );
  return features === undefined ? undefined : (features & TIMESTAMP) !== 0;
}

function askGeneric<T>(
  family: number,
  command: number,
  payload: Uint8Array,
  read: (attributes: Attributes) => T | undefined,
): T | undefined {
  try {
    return ask(
      'ask what the driver can tell',
      family,
      Uint8Array.of(command, 1, 0, 0, ...payload),
      (view, at, end) => read(attributes(view, at + HEADER_LENGTH, end)),
      0,
      Protocol.Generic,
    );
  } catch (error) {
    // No such family, no such command of it, no such interface.
    const n = error instanceof EvlnetError ? error.errno : undefined;
    if (n === Errno.ENOENT || n === Errno.EOPNOTSUPP || n === Errno.ENODEV) return undefined;
    throw error;
  }
}
