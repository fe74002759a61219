// RTM_NEWLINK: <linux/if_link.h>, <linux/if.h>.
import { type Attributes, attributes } from './netlink-message.js';

/** One network interface. */
export interface Link {
  ifindex: number;
  ifname: string;
  /** ARPHRD_*: 1 Ethernet, 772 loopback. */
  type: number;
  mtu: number;
  /** UP, DOWN, UNKNOWN, LOWERLAYERDOWN, DORMANT, NOTPRESENT or TESTING. */
  operstate: string;
  /** As `ip` prints them: UP, LOWER_UP, PROMISC, NO-CARRIER, M-DOWN … */
  flags: string[];
  /** Set up by the administrator (IFF_UP). */
  up: boolean;
  /** There is a carrier (IFF_LOWER_UP). */
  lowerUp: boolean;
  /** How many asked for promiscuous mode, packet sockets included; the flag PROMISC tells only of the administrator. */
  promiscuity: number;
  /** `02:fc:00:00:00:01`; a tun device has none. */
  lladdr?: string;
  broadcast?: string;
  /** ifindex of the device below (VLAN), or of the peer (veth); in another namespace if `linkNetnsid` is there. */
  link?: number;
  linkNetnsid?: number;
  /** ifindex of the bridge or bond it belongs to. */
  master?: number;
  /** vlan, veth, bridge …; physical devices have none. */
  kind?: string;
  /** `protocol` is the TPID, 0x8100 or 0x88a8. */
  vlan?: { id: number; protocol: number };
  /** The program at the XDP hook; where the device also runs one in hardware, the driver's. */
  xdp?: { mode: 'native' | 'generic' | 'offload'; progId: number };
  rxQueues: number;
  txQueues: number;
}

const HEADER_LENGTH = 16;
const Attribute = {
  Address: 1,
  Broadcast: 2,
  Ifname: 3,
  Mtu: 4,
  Link: 5,
  Master: 10,
  Operstate: 16,
  LinkInfo: 18,
  Promiscuity: 30,
  TxQueues: 31,
  RxQueues: 32,
  LinkNetnsid: 37,
  Xdp: 43,
} as const;
const LinkInfo = { Kind: 1, Content: 2 } as const;
const Vlan = { Id: 1, Protocol: 5 } as const;
const Xdp = { native: 5, generic: 6, offload: 7 } as const;

// RFC 2863 ifOperStatus, numbered as in <linux/if.h>.
const OPERSTATES = ['UNKNOWN', 'NOTPRESENT', 'DOWN', 'LOWERLAYERDOWN', 'TESTING', 'DORMANT', 'UP'];
const IFF_UP = 0x1;
const IFF_RUNNING = 0x40;
const IFF_LOWER_UP = 0x10000;
// In the order of `ip`.
const FLAGS: [mask: number, name: string][] = [
  [0x8, 'LOOPBACK'],
  [0x2, 'BROADCAST'],
  [0x10, 'POINTOPOINT'],
  [0x1000, 'MULTICAST'],
  [0x80, 'NOARP'],
  [0x200, 'ALLMULTI'],
  [0x100, 'PROMISC'],
  [0x400, 'MASTER'],
  [0x800, 'SLAVE'],
  [0x4, 'DEBUG'],
  [0x8000, 'DYNAMIC'],
  [0x4000, 'AUTOMEDIA'],
  [0x2000, 'PORTSEL'],
  [0x20, 'NOTRAILERS'],
  [IFF_UP, 'UP'],
  [IFF_LOWER_UP, 'LOWER_UP'],
  [0x20000, 'DORMANT'],
  [0x40000, 'ECHO'],
];

/** The payload of RTM_NEWLINK between `at` and `end`. M-DOWN is not among the flags: that takes another link. */
export function readLink(view: DataView, at: number, end: number): Link | undefined {
  if (end - at < HEADER_LENGTH) return undefined;
  const flags = view.getUint32(at + 8, true);
  const found = attributes(view, at + HEADER_LENGTH, end);
  const operstate = found.u8(Attribute.Operstate) ?? 0;
  const linkInfo = found.nested(Attribute.LinkInfo);
  const kind = linkInfo.text(LinkInfo.Kind);
  return {
    ifindex: view.getInt32(at + 4, true),
    ifname: found.text(Attribute.Ifname) ?? '',
    type: view.getUint16(at + 2, true),
    mtu: found.u32(Attribute.Mtu) ?? 0,
    operstate: OPERSTATES[operstate] ?? String(operstate),
    flags: flagNames(flags),
    up: (flags & IFF_UP) !== 0,
    lowerUp: (flags & IFF_LOWER_UP) !== 0,
    promiscuity: found.u32(Attribute.Promiscuity) ?? 0,
    rxQueues: found.u32(Attribute.RxQueues) ?? 1,
    txQueues: found.u32(Attribute.TxQueues) ?? 1,
    ...present({
      lladdr: hex(found.octets(Attribute.Address)),
      broadcast: hex(found.octets(Attribute.Broadcast)),
      // 0 is a tunnel bound to no device.
      link: found.u32(Attribute.Link) || undefined,
      linkNetnsid: found.u32(Attribute.LinkNetnsid),
      master: found.u32(Attribute.Master) || undefined,
      kind,
      vlan: kind === 'vlan' ? readVlan(linkInfo.nested(LinkInfo.Content)) : undefined,
      xdp: readXdp(found.nested(Attribute.Xdp)),
    }),
  };
}

function readVlan(found: Attributes): Link['vlan'] {
  const id = found.u16(Vlan.Id);
  return id === undefined ? undefined : { id, protocol: found.be16(Vlan.Protocol) ?? 0x8100 };
}

function readXdp(found: Attributes): Link['xdp'] {
  for (const mode of ['native', 'generic', 'offload'] as const) {
    const progId = found.u32(Xdp[mode]);
    if (progId) return { mode, progId };
  }
  return undefined;
}

function flagNames(flags: number): string[] {
  const names = FLAGS.filter(([mask]) => flags & mask).map(([, name]) => name);
  return flags & IFF_UP && !(flags & IFF_RUNNING) ? ['NO-CARRIER', ...names] : names;
}

const hex = (octets: Uint8Array | undefined): string | undefined =>
  octets && octets.length > 0
    ? Array.from(octets, (octet) => octet.toString(16).padStart(2, '0')).join(':')
    : undefined;

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };
const present = <T extends object>(all: T): Present<T> =>
  Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Present<T>;
