// XdpDevice at both ends of a veth pair in the namespace that this thread is in. What one end transmits the other's XDP program takes.
import { XdpDevice } from '../../src/device/xdp.js';
import { attachXdp, type XdpAttachment, type XdpMode } from '../../src/device/xdp-attachment.js';
import { vlanTable } from '../../src/filter/vlan-table.js';
import { link } from '../../src/linux/link.js';
import { run } from '../linux/namespace.js';
import type { WireEnds } from './wire.js';

export const VID = 42;
export const ENDS = ['p0', 'p1'] as const;
export const POOL = 256;

export interface VethOptions {
  readonly mode?: 'auto' | XdpMode;
  readonly queues?: number;
  readonly pool?: number;
}

/** The pair, up, without IPv6 noise on it. */
export function addVeth(queues: number): void {
  const [a, b] = ENDS;
  const ends = ['numrxqueues', `${queues}`, 'numtxqueues', `${queues}`];
  run('ip', 'link', 'add', a, ...ends, 'type', 'veth', 'peer', b, ...ends);
  for (const ifname of ENDS) run('ip', 'link', 'set', 'dev', ifname, 'addrgenmode', 'none', 'up');
}

export const attachTo = (ifname: string, o: VethOptions = {}): Promise<XdpAttachment> =>
  attachXdp({
    ifname,
    ifindex: link(ifname)!.ifindex,
    mtu: 1500,
    queues: o.queues ?? 1,
    mode: o.mode ?? 'native',
    pool: o.pool ?? POOL,
    chunkSize: 2048,
  });

/** VLAN 42 is out-of-band from now on. */
export const divert = (attachment: XdpAttachment): void =>
  attachment.setVlans(vlanTable([VID], [], new Uint8Array(6)));

export interface VethWire extends WireEnds {
  readonly attachment: XdpAttachment;
}

export async function vethWire(o: VethOptions = {}): Promise<VethWire> {
  const attachment = await attachTo(ENDS[0], o);
  try {
    const other = await attachTo(ENDS[1], o);
    const [device, peer] = [attachment, other].map(({ place }) => new XdpDevice(place)) as [
      XdpDevice,
      XdpDevice,
    ];
    for (const a of [attachment, other]) divert(a);
    return {
      attachment,
      device,
      peer,
      close() {
        other.close();
        attachment.close();
      },
    };
  } catch (error) {
    attachment.close();
    throw error;
  }
}
