import { EvlnetError, usage } from '../../errors.js';
import type { Link } from '../../linux/link.js';
import { type DeviceState, deviceOptions, type PortState, type StateDocument } from '../../state/schema.js';
import type { Arguments } from '../arguments.js';
import { recordedPorts } from './recorded.js';

const KEYS = ['driver', 'mode', 'pool', 'bufsz'] as const;

/** What was given of the options that belong to the base device; pool or bufsz 0 is the default, as in EVL. */
export function givenDeviceOptions(given: Arguments): DeviceState {
  const options: Record<string, string | number> = {};
  for (const key of KEYS) {
    const value = given.number(key) ?? given.text(key);
    if (value !== undefined) options[key] = value;
  }
  return options;
}

/** Records options of `base` for the port `ifname`; throws where another port set them before to something else. */
export function recordDeviceOptions(
  state: StateDocument,
  base: string,
  ifname: string,
  wanted: DeviceState,
  links: readonly Link[],
): void {
  const first = recordedPorts(state, links).find((port) => port.baseName === base)?.ifname ?? ifname;
  const now = deviceOptions(state, base);
  const defaults = deviceOptions({ ...state, devices: {} }, base);
  const options = { ...state.devices[base] };
  for (const key of KEYS) {
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

/** What was given of a port's own options, as the port is recorded with: off is the default, which is not written down. */
export function withOptions(entry: PortState, given: Arguments): PortState {
  const { icmpErrors, ...rest } = entry;
  const word = given.text('icmp-errors');
  const isOn = word === undefined ? icmpErrors : word === 'on';
  return {
    ...rest,
    ...(given.has('ethertype') ? { ethertype: 'any' as const } : {}),
    ...(isOn ? { icmpErrors: true } : {}),
  };
}

const ADDRESS = /^(\d+)\.\d+\.\d+\.\d+\/(\d+)$/;
const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const VALID = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}/(?:3[0-2]|[12]?\\d)$`);

/** The given `address A/PLEN`; throws where a host cannot have it. */
export function givenAddress(given: Arguments): string | undefined {
  const text = given.text('address');
  if (text === undefined) return undefined;
  const wrong = (reason: string) =>
    usage('EVL_ADDRESS', `argument "${text}" is wrong: ${reason}`, 'write it as 10.10.10.11/24');
  if (!VALID.test(text)) throw wrong('not an IPv4 address with a prefix length');
  const first = Number(ADDRESS.exec(text)?.[1]);
  // RFC 1122 §3.2.1.3: this network, loopback, multicast and reserved addresses.
  if (first === 0 || first === 127 || first >= 224) throw wrong('no host can have that address');
  return text;
}
