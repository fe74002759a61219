import { EvlnetError, usage } from '../errors.js';
import type { Link } from '../linux/link.js';
import { type DeviceState, deviceOptions, type PortState, type StateDocument } from '../state/schema.js';
import { broadcast, network, parsePrefix } from '../wire/address.js';
import { LIMITS } from './limits.js';
import { recordedPorts } from './recorded-port.js';

/** What may be chosen for the base device of a port; its first port sets them. */
export interface DeviceOptions {
  /** How frames are taken; `auto` is the first that works. */
  readonly driver?: 'auto' | 'xdp' | 'pcap' | undefined;
  /** `native`: in the driver; `generic`: after the kernel built its buffer. */
  readonly mode?: 'auto' | 'native' | 'generic' | undefined;
  /** Buffers of the device, up to 32768; 0 is the default, 2048. */
  readonly pool?: number | undefined;
  /** Octets a buffer, up to 16384; 0 is the default, 4096. */
  readonly bufsz?: number | undefined;
}

/** What may be chosen for a port of its own. */
export interface PortOptions {
  /** IPv4 address of an evlnet VLAN port, such as `10.10.10.11/24`. */
  readonly address?: string | undefined;
  /** `any` lets ACCEPT deliver what is not IPv4 to packet sockets and services. */
  readonly ethertype?: 'any' | undefined;
  /** Sends ICMP errors as Linux does; EVL is silent, and so is the default. */
  readonly icmpErrors?: boolean | undefined;
}

const KEYS = ['driver', 'mode', 'pool', 'bufsz'] as const;
const CHOICES = { driver: ['auto', 'xdp', 'pcap'], mode: ['auto', 'native', 'generic'] } as const;

/** Whether any option of the device is given. */
export const hasDeviceOptions = (wanted: DeviceOptions): boolean =>
  KEYS.some((key) => wanted[key] !== undefined);

/** Throws where a caller that no command line has checked is wrong. */
export function checkDeviceOptions(wanted: DeviceOptions): void {
  for (const key of ['pool', 'bufsz'] as const) {
    const value = wanted[key];
    if (value === undefined || (Number.isInteger(value) && value >= 0 && value <= LIMITS[key])) continue;
    throw usage(
      'EVL_ARGUMENT',
      `argument "${value}" is wrong: "${key}" is a whole number, at most ${LIMITS[key]} (EINVAL)`,
    );
  }
  for (const key of ['driver', 'mode'] as const) {
    const value = wanted[key];
    if (value === undefined || (CHOICES[key] as readonly string[]).includes(value)) continue;
    throw usage('EVL_ARGUMENT', `argument of "${key}" must be ${CHOICES[key].join(' or ')}, not "${value}"`);
  }
}

/** Records options of `base` for the port `ifname`; throws where another port set them before to something else. */
export function recordDeviceOptions(
  state: StateDocument,
  base: string,
  ifname: string,
  wanted: DeviceOptions,
  links: readonly Link[],
): void {
  const first = recordedPorts(state, links).find((port) => port.baseName === base)?.ifname ?? ifname;
  const now = deviceOptions(state, base);
  const defaults = deviceOptions({ ...state, devices: {} }, base);
  const options: DeviceState = { ...state.devices[base] };
  for (const key of KEYS) {
    // pool or bufsz 0 is the default, as in EVL.
    const value = wanted[key] === 0 ? defaults[key] : wanted[key];
    if (value === undefined || value === now[key]) continue;
    if (first !== ifname)
      throw new EvlnetError(
        'EVL_DEVICE_OPTION',
        `Cannot set ${key} ${value} for "${ifname}": port "${first}" set ${key} ${now[key]} for "${base}"`,
        { hint: `evlnet port set ${first} ${key} ${value}` },
      );
    if (value === defaults[key]) delete options[key];
    else Object.assign(options, { [key]: value });
  }
  if (Object.keys(options).length > 0) state.devices[base] = options;
  else delete state.devices[base];
}

/** The port as it is recorded with what is given of its options: the default of `icmpErrors` is not written down. */
export function withOptions(entry: PortState, wanted: PortOptions): PortState {
  const { icmpErrors, ...rest } = entry;
  return {
    ...rest,
    ...(wanted.address === undefined ? {} : { address: wanted.address }),
    ...(wanted.ethertype === undefined ? {} : { ethertype: wanted.ethertype }),
    ...((wanted.icmpErrors ?? icmpErrors) ? { icmpErrors: true } : {}),
  };
}

const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const ADDRESS = new RegExp(`^(${OCTET})(?:\\.${OCTET}){3}/(?:3[0-2]|[12]?\\d)$`);

/** Throws where `text` is no `A/PLEN` that a host can have. */
export function checkAddress(text: string | undefined): void {
  if (text === undefined) return;
  const wrong = (reason: string) =>
    usage('EVL_ADDRESS', `argument "${text}" is wrong: ${reason}`, 'write it as 10.10.10.11/24');
  const match = ADDRESS.exec(text);
  if (match === null) throw wrong('not an IPv4 address with a prefix length');
  const first = Number(match[1]);
  // RFC 1122 §3.2.1.3: this network, loopback, multicast and reserved addresses.
  if (first === 0 || first === 127 || first >= 224) throw wrong('no host can have that address');
  // RFC 3021: of two addresses both are hosts'.
  const { address, length: prefix } = parsePrefix(text);
  if (prefix > 30) return;
  if (address === network(address, prefix)) throw wrong('that is the address of the network itself');
  if (address === broadcast(address, prefix)) throw wrong("that is the network's broadcast address");
}

/** Throws where a worker's priority and its spinning exclude each other. */
export function checkPriority(priority: number | undefined, spin: number | 'always' | undefined): void {
  if (priority === undefined || spin !== 'always') return;
  throw usage(
    'EVL_PRIORITY_SPIN',
    'Cannot use -P with --spin always: the kernel stops a SCHED_FIFO thread that never sleeps for 50 ms each second',
    'leave out --spin, or give it a number of turns',
  );
}
