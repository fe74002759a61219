import { lookup } from 'node:dns/promises';
import { isIPv4 } from 'node:net';
import { EvlnetError } from '../errors.js';

/** The IPv4 address that `host` is or has, an unsigned number in host order. */
export async function hostAddress(host: string): Promise<number> {
  const text = isIPv4(host) ? host : await resolved(host);
  return addressOf(text);
}

/** Of dotted decimal that is known to be such. */
export const addressOf = (text: string): number =>
  text.split('.').reduce((address, octet) => address * 256 + Number(octet), 0);

async function resolved(host: string): Promise<string> {
  let cause: unknown;
  try {
    const { address } = await lookup(host, { family: 4 });
    // An IPv6 address is its own answer.
    if (isIPv4(address)) return address;
  } catch (error) {
    cause = error;
  }
  throw new EvlnetError('EVL_HOST', `Cannot find host "${host}": no IPv4 address is known`, {
    cause,
    hint: 'write its address, such as 10.10.10.10',
  });
}
