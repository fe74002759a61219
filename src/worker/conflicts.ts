import { Drop } from '../drop.js';
import { type Counters, SLOT_STRIDE } from '../memory/counters.js';
import { formatIpv4 } from '../wire/address.js';
import type { PortSetup } from './shared.js';

/** Addresses of ports that other hosts claim (RFC 5227 §2.4): told once a port. */
export class Conflicts {
  readonly #told = new Set<number>();

  /** Warns of ports that have one since the last look. */
  look(
    { slots }: Counters,
    ports: readonly PortSetup[],
    warn: (message: string, hint: string) => void,
  ): void {
    for (const { ifname, vid, ownsArp, addresses } of ports) {
      if (!ownsArp || this.#told.has(vid)) continue;
      if (slots[vid * SLOT_STRIDE + Drop.ArpConflict] === 0) continue;
      this.#told.add(vid);
      const own = addresses.map(({ address }) => formatIpv4(address));
      warn(
        `Another host claims an address of "${ifname}" (${own.join(', ')})`,
        `one of the two must change; on a third: arping -D -I DEVICE ${own[0]} tells its MAC address`,
      );
    }
  }
}
