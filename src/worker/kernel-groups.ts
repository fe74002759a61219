import { holdMembership } from '../linux/group-membership.js';
import type { Joined } from '../stack/udp-endpoint.js';
import type { PortSetup } from './shared.js';

/** Memberships on devices of the kernel's, made through the kernel: it reports and leaves there, and the device lets the group in. */
export class KernelGroups {
  readonly #held = new Map<string, { close(): void }>();

  /** Holds those that are joined on such a device, and no other. Throws where the kernel refuses one; the others are held. */
  follow(joined: Iterable<Joined>, ports: readonly PortSetup[]): void {
    const wanted = new Map<string, { ifindex: number; group: number }>();
    for (const { slot, group } of joined) {
      const ifindex = ports.find((p) => p.vid === slot)?.ifindex;
      if (ifindex !== undefined) wanted.set(`${ifindex} ${group}`, { ifindex, group });
    }
    for (const [key, held] of this.#held)
      if (!wanted.has(key)) {
        held.close();
        this.#held.delete(key);
      }
    let failure: unknown;
    for (const [key, { ifindex, group }] of wanted) {
      if (this.#held.has(key)) continue;
      try {
        this.#held.set(key, holdMembership(ifindex, group));
      } catch (error) {
        failure ??= error;
      }
    }
    if (failure !== undefined) throw failure;
  }

  close(): void {
    for (const held of this.#held.values()) held.close();
    this.#held.clear();
  }
}
