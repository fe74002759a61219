// The lines of oob-net-udp (libevl tidbits), and what -d adds to them.
import type { RemoteInfo } from '../../socket/inbox.js';
import type { RxTimestamps } from '../../socket/timestamps.js';
import { hexLines } from '../hex-dump.js';

/** Its receive buffer: what is longer is shown cut. */
const BUFFER = 16_384;

/** `= 14 bytes received: Mellow sword!` */
export function receivedLine(message: Uint8Array): string {
  const cut = message.length > BUFFER ? ' (TRUNCATED)' : '';
  return `= ${Math.min(message.length, BUFFER)} bytes received${cut}: ${textOf(message)}`;
}

/** What -d prints below it. */
export function detailLines(message: Uint8Array, from: RemoteInfo): string[] {
  const over = from.vid === 0 ? '' : `, vid ${from.vid}`;
  return [
    `  ${from.address}:${from.port} > ${from.destination}${over}`,
    ...hexLines(message).map((line) => `  ${line}`),
  ];
}

/** One datagram; a key that does not apply is absent. */
export interface DatagramRecord {
  readonly from: string;
  readonly port: number;
  readonly to: string;
  readonly vid?: number;
  readonly broadcast?: true;
  readonly bytes: number;
  readonly text: string;
  /** With -d, in hexadecimal. */
  readonly octets?: string;
  /** With --times, in nanoseconds. */
  readonly timestamps?: RxTimestamps;
}

export const datagramRecord = (message: Buffer, from: RemoteInfo, isDump: boolean): DatagramRecord => ({
  from: from.address,
  port: from.port,
  to: from.destination,
  ...(from.vid === 0 ? {} : { vid: from.vid }),
  ...(from.isBroadcast ? { broadcast: true as const } : {}),
  bytes: message.length,
  text: textOf(message),
  ...(from.timestamps ? { timestamps: from.timestamps } : {}),
  ...(isDump ? { octets: message.toString('hex') } : {}),
});

/** Up to the first NUL, as printf does. It comes from the network: what would control a terminal is written out. */
export function textOf(message: Uint8Array): string {
  const shown = message.subarray(0, BUFFER);
  const end = shown.indexOf(0);
  return new TextDecoder()
    .decode(end < 0 ? shown : shown.subarray(0, end))
    .replace(/\p{Cc}/gu, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
