import { link } from '../linux/link.js';
import { xdpHolder } from '../linux/xdp-holder.js';

/** `program "xdp_main" (id 12, xdp-loader pid 333)`, or what is known. */
export function describeHolder(ifname: string): string {
  const id = link(ifname)?.xdp?.progId;
  if (id === undefined) return 'another program';
  const holder = xdpHolder(id);
  const owners = holder.pids.map((p) => `${p.comm} pid ${p.pid}`).join(', ');
  return `program "${holder.name}" (id ${id}${owners === '' ? '' : `, ${owners}`})`;
}

/** Is what held the hook gone, or held by no process: the leavings of a killed worker, which the kernel takes down a moment later? */
export function isOrphaned(ifname: string): boolean {
  const id = link(ifname)?.xdp?.progId;
  return id === undefined || xdpHolder(id).pids.length === 0;
}
