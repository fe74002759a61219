import { attachXdp, fitsChunk, type XdpAttachment, type XdpOptions } from '../device/xdp-attachment.js';
import { EvlnetError } from '../errors.js';
import { channels } from '../linux/ethtool.js';
import { Errno } from '../linux/libc.js';
import { type Link, link, links } from '../linux/link.js';
import { placePort } from '../state/place.js';
import type { StateDocument } from '../state/schema.js';

/** AF_XDP takes chunks of this size, or of twice this. */
export const SMALL_CHUNK = 2048;

/**
 * The default frame memory is just what an unprivileged process may lock on most systems, and then not all of that is left: without CAP_IPC_LOCK
 * half the buffer size must do, where nobody asked for more and the MTU fits.
 */
export async function attachAffordably(
  o: XdpOptions & { readonly mayShrink: boolean },
): Promise<XdpAttachment> {
  try {
    return await attachXdp(o);
  } catch (error) {
    const isLimit =
      error instanceof EvlnetError && (error.errno === Errno.ENOBUFS || error.errno === Errno.ENOMEM);
    if (!isLimit || !o.mayShrink || o.chunkSize === SMALL_CHUNK || !fitsChunk(o.mtu, SMALL_CHUNK))
      throw error;
    return await attachXdp({ ...o, chunkSize: SMALL_CHUNK });
  }
}

/** Receive queues in use: each needs a socket, or what it hashes to is lost. */
export function receiveQueues(base: Link): number {
  const c = channels(base.ifname);
  return Math.max(1, c ? c.rx + c.combined : (base.rxQueues ?? 1));
}

/** A port of the device: what `port set` may be told of. */
export const portOn = (state: StateDocument, device: string): string | undefined => {
  const all = links();
  return Object.entries(state.ports).find(
    ([name, entry]) => placePort(name, entry, all).base === device,
  )?.[0];
};

/** The base device, which must be up: EVL's ENETDOWN. */
export function requireDevice(name: string): Link {
  const found = link(name);
  if (found === undefined)
    throw new EvlnetError('EVL_NO_DEVICE', `Cannot find device "${name}"`, { hint: 'ip link show' });
  if (!found.flags.includes('UP'))
    throw new EvlnetError('EVL_DEVICE_DOWN', `Cannot use "${name}": network is down`, {
      hint: `ip link set dev ${name} up`,
    });
  return found;
}
