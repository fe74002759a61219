import { isIPv4, isIPv6 } from 'node:net';
import { usage } from '../../../errors.js';

/** Where a server listens; without a host, on all addresses. */
export interface ListenAddress {
  readonly host?: string;
  readonly port: number;
}

const HIGHEST_PORT = 65_535;

/** `127.0.0.1:9842`, `:9842`, `[::1]:9842` */
export function readListenAddress(text: string): ListenAddress {
  const [, bracketed, bare, number] = /^(?:\[(.*)\]|([^:]*)):(\d+)$/.exec(text) ?? [];
  if (number === undefined) throw wrong(text, '"listen" is an address and a port');
  const port = Number(number);
  if (port > HIGHEST_PORT) throw wrong(text, `port ${number} is above ${HIGHEST_PORT}`);
  if (bare === '') return { port };
  const host = bracketed ?? bare!;
  const isAddress = bracketed === undefined ? isIPv4(host) : isIPv6(host);
  if (!isAddress)
    throw wrong(text, `"${host}" is not an ${bracketed === undefined ? 'IPv4' : 'IPv6'} address`);
  return { host, port };
}

/** As a URL has it. */
export const authority = (host: string, port: number): string =>
  `${isIPv6(host) ? `[${host}]` : host}:${port}`;

const wrong = (text: string, reason: string) =>
  usage(
    'EVL_ARGUMENT',
    `argument "${text}" is wrong: ${reason}`,
    'write it as 127.0.0.1:9842, :9842 or [::1]:9842',
  );
