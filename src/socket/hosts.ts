import { lookup } from 'node:dns';
import { readIpv4 } from '../wire/address.js';

/** Addresses of hosts, for a socket that mostly sends to where it sent before. */
export class Hosts {
  #text = '0.0.0.0';
  #address = 0;

  /** Of an address, or of a name that the system's resolver knows; `done` is called at once where it need not be asked. */
  resolve(host: string, done: (error: Error | undefined, address: number) => void): void {
    const address = host === this.#text ? this.#address : readIpv4(host);
    if (address !== undefined) {
      this.#text = host;
      this.#address = address;
      done(undefined, address);
      return;
    }
    lookup(host, { family: 4 }, (error, found) => {
      if (error) done(error, 0);
      else done(undefined, readIpv4(found)!);
    });
  }
}
