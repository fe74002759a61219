// What ethtool(8) -l and -i tell of a device: <linux/ethtool.h>. Reading takes no privileges.
import { call, command, field, prepare } from './ethtool-ioctl.js';

export { type Offload, type Offloads, offloads, setOffloads } from './offloads.js';

/** Queues in use, and how many there could be. */
export interface Channels {
  rx: number;
  tx: number;
  combined: number;
  maxRx: number;
  maxTx: number;
  maxCombined: number;
}

export interface Driver {
  driver: string;
  version: string;
  /** Address on the bus: `0000:00:03.0`; empty for virtual devices. */
  bus: string;
}

const ETHTOOL_GDRVINFO = 3;
const ETHTOOL_GCHANNELS = 60;
const ETHTOOL_BUSINFO_LEN = 32;

/** How many queues `name` has; undefined where its driver does not tell. Throws EVL_NO_DEVICE. */
export function channels(name: string): Channels | undefined {
  prepare(ETHTOOL_GCHANNELS, 36);
  if (!call(name, `read the channels of "${name}"`)) return undefined;
  // struct ethtool_channels: max_rx, max_tx, max_other, max_combined, then the same four in use.
  const word = (n: number) => command.getUint32(n * 4, true);
  return {
    rx: word(5),
    tx: word(6),
    combined: word(8),
    maxRx: word(1),
    maxTx: word(2),
    maxCombined: word(4),
  };
}

/** Which driver runs `name`; undefined where it does not tell. Throws EVL_NO_DEVICE. */
export function driverName(name: string): Driver | undefined {
  prepare(ETHTOOL_GDRVINFO, 196);
  if (!call(name, `read the driver of "${name}"`)) return undefined;
  // struct ethtool_drvinfo: driver, version, fw_version, bus_info.
  return { driver: field(4, 32), version: field(36, 32), bus: field(100, ETHTOOL_BUSINFO_LEN) };
}
