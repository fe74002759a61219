import type { Link } from '../../linux/link.js';
import type { Paint } from '../print/paint.js';
import type { View } from '../print/printer.js';

/** A device of the kernel's, in the keys of a port. */
export interface LinkRecord {
  readonly ifindex: number;
  readonly ifname: string;
  /** The device below a VLAN, or the peer of a veth. */
  readonly link?: string;
  readonly flags: readonly string[];
  readonly mtu: number;
  /** The kernel's word. */
  readonly operstate: string;
  readonly lladdr?: string;
}

/** `links` has the one below. */
export function linkRecord(device: Link, links: readonly Link[]): LinkRecord {
  const { ifindex, ifname, flags, mtu, operstate, lladdr } = device;
  const below =
    device.linkNetnsid === undefined ? links.find((l) => l.ifindex === device.link)?.ifname : undefined;
  return {
    ifindex,
    ifname,
    ...(below === undefined ? {} : { link: below }),
    flags,
    mtu,
    operstate,
    ...(lladdr === undefined ? {} : { lladdr }),
  };
}

/** The lines of `ip link`, as far as a port has to do with them. */
export const linkView: View<LinkRecord> = {
  text: (link, { paint }) => [
    `${link.ifindex}: ${paint.ifname(fullName(link))}: <${link.flags.join(',')}> mtu ${link.mtu} state ${statePaint(link, paint)(link.operstate)}`,
    `    ${link.lladdr === undefined ? 'link/none' : `link/ether ${paint.lladdr(link.lladdr)}`}`,
  ],
  brief: (link, { paint }) => ({
    name: fullName(link),
    state: link.operstate,
    paintName: paint.ifname,
    paintState: statePaint(link, paint),
    rest: [link.lladdr && paint.lladdr(link.lladdr), `<${link.flags.join(',')}>`],
  }),
};

const fullName = ({ ifname, link }: LinkRecord) => (link === undefined ? ifname : `${ifname}@${link}`);

const statePaint = ({ operstate }: LinkRecord, paint: Paint) => {
  if (operstate === 'UP') return paint.up;
  return operstate === 'DOWN' ? paint.down : (text: string) => text;
};
