import type { PortState } from './schema.js';

/** What must be known of an interface to place a port on it; `linux/link.ts` delivers more. */
export interface PlaceLink {
  readonly ifname: string;
  readonly ifindex: number;
  /** ifindex of the device beneath. */
  readonly link?: number;
  readonly vlan?: { readonly id: number };
}

export interface Place<L> {
  /** Base device: the one that frames come in through. */
  readonly base: string;
  /** Undefined for a base device. */
  readonly vid: number | undefined;
  /** The kernel's device of that name; undefined for an evlnet VLAN port. */
  readonly kernel: L | undefined;
}

/**
 * Where a port lies. A device that the kernel has says so itself; one that it does not have lies on `link`, or on the
 * name before the last dot, with `vid` or the number after it.
 */
export function placePort<L extends PlaceLink>(
  ifname: string,
  entry: PortState,
  links: readonly L[],
): Place<L> {
  const kernel = links.find((l) => l.ifname === ifname);
  if (kernel) {
    // A VLAN on a VLAN (QinQ): frames enter by the lowest device, and the inner VID decides.
    let base: L | undefined = kernel;
    while (base?.vlan) {
      const below: number | undefined = base.link;
      base = links.find((l) => l.ifindex === below);
    }
    return base && base !== kernel
      ? { base: base.ifname, vid: kernel.vlan!.id, kernel }
      : { base: ifname, vid: undefined, kernel };
  }
  const [, name, number] = /^(.+)\.(\d{1,4})$/.exec(ifname) ?? [];
  const base = entry.link ?? name;
  const vid = entry.vid ?? (number === undefined ? undefined : Number(number));
  return base === undefined || vid === undefined
    ? { base: ifname, vid: undefined, kernel }
    : { base, vid, kernel };
}
