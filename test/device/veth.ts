// XdpDevice at both ends of a veth pair in the namespace that this thread is in. What one end transmits the other's XDP program takes.
import type { Device } from '../../src/device/device.js';
import { XdpDevice } from '../../src/device/xdp.js';
import { attachXdp, type XdpAttachment, type XdpMode } from '../../src/device/xdp-attachment.js';
import { HookCounter } from '../../src/filter/verdict.js';
import { vlanTable } from '../../src/filter/vlan-table.js';
import { link } from '../../src/linux/link.js';
import { until } from '../clients/stand.js';
import { run } from '../linux/namespace.js';
import { send, type WireEnds } from './wire.js';

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

const PATIENCE_MS = 20_000;
const VERDICTS = [HookCounter.Accept, HookCounter.Skip, HookCounter.Vlan, HookCounter.Drop];

/** Sends frames from the other end and waits until the program of this one has judged them all, which a busy machine may put off. */
export async function judged(
  attachment: XdpAttachment,
  from: Device,
  frames: readonly Uint8Array[],
  queue = 0,
): Promise<void> {
  const count = () => {
    const counters = attachment.hookCounters();
    return VERDICTS.reduce<number>((sum, verdict) => sum + counters[verdict]!, 0);
  };
  const wanted = count() + frames.length;
  await send(from, frames, queue);
  await until(() => count() >= wanted, PATIENCE_MS, `${frames.length} frames are judged`);
}

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
