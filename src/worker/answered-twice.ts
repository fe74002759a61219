import type { Attachment } from '../device/attachment.js';
import type { PortSetup } from './shared.js';

/** Names of ports, for people, on which the kernel has the address too and its own copy of the frame: it answers as well. */
export function answeredTwice({ mode }: Attachment, ports: readonly PortSetup[]): string {
  if (mode !== 'shared') return '';
  const twice = ports.filter((p) => p.vid !== 0 && !p.ownsArp && p.addresses.length > 0);
  return twice.map((p) => `"${p.ifname}"`).join(', ');
}
