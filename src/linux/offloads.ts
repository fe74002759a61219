// What ethtool(8) -k and -K do, for the offloads that decide where a VLAN tag is: ETHTOOL_GFEATURES, ETHTOOL_SFEATURES.
import { EvlnetError, Exit } from '../errors.js';
import { call, command, field, prepare } from './ethtool-ioctl.js';
import { Errno, systemError } from './libc.js';

/** Whether it is on, was asked to be, and cannot be changed. */
export interface Offload {
  active: boolean;
  requested: boolean;
  fixed: boolean;
}

/** The VLAN offloads; one that this kernel does not know is missing. */
export interface Offloads {
  /** The device takes the 802.1Q tag out of received frames: XDP cannot see it. */
  rxvlan?: Offload;
  /** The device puts the tag in when it transmits. A veth never does: its peer's XDP then cannot see the tag. */
  txvlan?: Offload;
  /** The same two for 802.1ad. */
  rxvlanStag?: Offload;
  txvlanStag?: Offload;
  /** Unless promiscuous, the device drops frames of VLANs that the kernel has no device for. */
  rxvlanFilter?: Offload;
}

// netdev_features_strings of the kernel; ethtool(8) calls the first two rx-vlan-offload and tx-vlan-offload.
const NAMES: Record<keyof Offloads, string> = {
  rxvlan: 'rx-vlan-hw-parse',
  txvlan: 'tx-vlan-hw-insert',
  rxvlanStag: 'rx-vlan-stag-hw-parse',
  txvlanStag: 'tx-vlan-stag-hw-insert',
  rxvlanFilter: 'rx-vlan-filter',
};
const KEYS = Object.keys(NAMES) as (keyof Offloads)[];

const Command = { GetStrings: 27, GetStringCount: 55, GetFeatures: 58, SetFeatures: 59 } as const;
const ETH_SS_FEATURES = 4;
const STRING_LENGTH = 32;

/** Throws EVL_NO_DEVICE. */
export function offloads(name: string): Offloads {
  const act = `read the offloads of "${name}"`;
  const { bits, blocks } = features(name, act);
  prepare(Command.GetFeatures, 8 + blocks * 16);
  command.setUint32(4, blocks, true);
  must(name, act);
  const found: Offloads = {};
  for (const key of KEYS) {
    const bit = bits.get(NAMES[key]);
    if (bit === undefined) continue;
    // struct ethtool_get_features_block: available, requested, active, never_changed.
    const block = 8 + (bit >>> 5) * 16;
    const isSet = (word: number) => ((command.getUint32(block + word * 4, true) >>> (bit & 31)) & 1) === 1;
    found[key] = { active: isSet(2), requested: isSet(1), fixed: !isSet(0) || isSet(3) };
  }
  return found;
}

/**
 * Turns offloads on or off and answers what all of them are then: a driver may change others along (e1000 ties its fixed
 * txvlan to rxvlan), and may take the carrier away for some seconds. Throws EVL_OFFLOAD where one stays what it was,
 * EVL_PERMISSION without CAP_NET_ADMIN.
 */
export function setOffloads(name: string, wanted: { [K in keyof Offloads]?: boolean }): Offloads {
  const act = `change the offloads of "${name}"`;
  const { bits, blocks } = features(name, act);
  prepare(Command.SetFeatures, 8 + blocks * 8);
  command.setUint32(4, blocks, true);
  for (const key of KEYS) {
    const bit = bits.get(NAMES[key]);
    if (bit === undefined || wanted[key] === undefined) continue;
    // struct ethtool_set_features_block: valid, requested.
    const block = 8 + (bit >>> 5) * 8;
    const set = (at: number) => command.setUint32(at, command.getUint32(at, true) | (1 << (bit & 31)), true);
    set(block);
    if (wanted[key]) set(block + 4);
  }
  must(name, act);
  const now = offloads(name);
  for (const key of KEYS)
    if (wanted[key] !== undefined && wanted[key] !== (now[key]?.active ?? false)) throw refused(name, key);
  return now;
}

function refused(name: string, key: keyof Offloads): EvlnetError {
  return new EvlnetError('EVL_OFFLOAD', `Cannot change ${key} of "${name}": its driver keeps it as it is`, {
    exit: Exit.Unsupported,
    hint: `ethtool -k ${name} tells what can be changed`,
  });
}

interface Features {
  /** Which bit a feature is: another one in each kernel version. */
  bits: ReadonlyMap<string, number>;
  /** Words of 32 bits. */
  blocks: number;
}

let known: Features | undefined;

// The names are the kernel's, not the device's: once read they stay.
function features(name: string, act: string): Features {
  if (known) return known;
  // struct ethtool_sset_info: reserved, mask of sets, a count for each.
  prepare(Command.GetStringCount, 24);
  command.setUint32(8, 1 << ETH_SS_FEATURES, true);
  must(name, act);
  const count = command.getUint32(16, true);
  // struct ethtool_gstrings: set, count, strings.
  prepare(Command.GetStrings, 12 + count * STRING_LENGTH);
  command.setUint32(4, ETH_SS_FEATURES, true);
  command.setUint32(8, count, true);
  must(name, act);
  const bits = new Map<string, number>();
  for (let bit = 0; bit < count; bit++) bits.set(field(12 + bit * STRING_LENGTH, STRING_LENGTH), bit);
  known = { bits, blocks: Math.ceil(count / 32) };
  return known;
}

function must(name: string, act: string): void {
  if (!call(name, act)) throw systemError(act, Errno.EOPNOTSUPP, { exit: Exit.Unsupported });
}
