import { lookup } from 'node:dns';
import { readIpv4 } from '../wire/address.js';
import { noIpv4Address } from './errors.js';

/** As `dns.lookup`. */
export type Lookup = (
  host: string,
  options: { family: 4 },
  done: (error: Error | null, address: string, family: number) => void,
) => void;

/** Addresses of hosts, for a socket that mostly sends to where it sent before. */
export class Hosts {
  #text = '0.0.0.0';
  #address = 0;
  readonly #lookup: Lookup;

  constructor(own: Lookup = lookup) {
    this.#lookup = own;
  }

  /** Of an address, or of a name that the system's resolver knows; `done` is called at once where it need not be asked. */
  resolve(host: string, done: (error: Error | undefined, address: number) => void): void {
    const address = host === this.#text ? this.#address : readIpv4(host);
    if (address !== undefined) {
      this.#text = host;
      this.#address = address;
      done(undefined, address);
      return;
    }
    this.#lookup(host, { family: 4 }, (error, found) => {
      const own = error ? undefined : readIpv4(found);
      // An IPv6 address is its own answer.
      if (own === undefined) done(error ?? noIpv4Address(host), 0);
      else done(undefined, own);
    });
  }
}
