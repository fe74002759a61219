// Network interfaces as rtnetlink(7) tells them: <linux/if_link.h>, <linux/rtnetlink.h>.
import { EvlnetError } from '../errors.js';
import { Errno } from './libc.js';
import { type Link, readLink } from './link-message.js';
import { ask, dump } from './netlink.js';
import { attribute, text, u32 } from './netlink-message.js';

export { type Address, addresses } from './address.js';
export type { Link } from './link-message.js';
export { type Monitor, monitor } from './link-monitor.js';

const Request = { NewLink: 16, GetLink: 18 } as const;
const Attribute = { Ifname: 3, ExtMask: 29, AltIfname: 53 } as const;
// RTEXT_FILTER_SKIP_STATS: the IPv6 counters of every link would be a quarter of the answer.
const SKIP_STATISTICS = attribute(Attribute.ExtMask, u32(8));
const IFF_UP = 1;
const IFNAMSIZ = 16;
const ALTIFNAMSIZ = 128;

/** Every interface of this network namespace, as `ip link` lists them. */
export function links(): Link[] {
  const found = dump('list the links', Request.GetLink, payload(0), readLink);
  // A dump that was disturbed may hold one twice.
  const byIndex = new Map(found.map((l) => [l.ifindex, l]));
  for (const l of byIndex.values()) noteParent(l, byIndex.get(l.link ?? 0));
  return [...byIndex.values()];
}

/** The interface with that name, alternative name or index; undefined where there is none. */
export function link(which: string | number): Link | undefined {
  const found = get(which);
  if (found?.link !== undefined && found.linkNetnsid === undefined) noteParent(found, get(found.link));
  return found;
}

/** Brings the interface up or takes it down. */
export function setLink(ifindex: number, change: { up?: boolean }): void {
  if (change.up === undefined) return;
  const act = `set link ${ifindex} ${change.up ? 'up' : 'down'}`;
  ask(act, Request.NewLink, header(ifindex, change.up ? IFF_UP : 0, IFF_UP), () => undefined);
}

function get(which: string | number): Link | undefined {
  // The kernel would take what is in front of the NUL.
  if (typeof which === 'string' && (which.length >= ALTIFNAMSIZ || which.includes('\0'))) return undefined;
  const request =
    typeof which === 'number'
      ? payload(which)
      : payload(0, attribute(which.length < IFNAMSIZ ? Attribute.Ifname : Attribute.AltIfname, text(which)));
  try {
    return ask(`read link ${JSON.stringify(which)}`, Request.GetLink, request, readLink);
  } catch (error) {
    const n = error instanceof EvlnetError ? error.errno : undefined;
    // EINVAL, ERANGE: no interface can have that name.
    if (n === Errno.ENODEV || n === Errno.EINVAL || n === Errno.ERANGE) return undefined;
    throw error;
  }
}

const payload = (ifindex: number, name: Uint8Array = new Uint8Array(0)): Uint8Array =>
  Uint8Array.from([...header(ifindex), ...SKIP_STATISTICS, ...name]);

/** struct ifinfomsg. */
function header(ifindex: number, flags = 0, change = 0): Uint8Array {
  const octets = new Uint8Array(16);
  const view = new DataView(octets.buffer);
  view.setInt32(4, ifindex, true);
  view.setUint32(8, flags, true);
  view.setUint32(12, change, true);
  return octets;
}

// Not a flag of the kernel: `ip` notes it so that one sees why a VLAN device does not run.
function noteParent(child: Link, parent: Link | undefined): void {
  if (parent && child.linkNetnsid === undefined && !parent.up) child.flags.push('M-DOWN');
}
