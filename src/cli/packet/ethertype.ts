import { usage } from '../../errors.js';
import type { Protocol } from '../../socket/packet-socket.js';

/** Names that iproute2 (lib/ll_proto.c) and the protocols' own documents have for Ethernet types. */
const NAMES: Readonly<Record<string, Protocol>> = {
  all: 'all',
  ip: 0x0800,
  ipv4: 0x0800,
  arp: 0x0806,
  ipv6: 0x86dd,
  profinet: 0x8892,
  ethercat: 0x88a4,
  lldp: 0x88cc,
  ptp: 0x88f7,
};

const MOST = 0xffff;
/** Below that, the two octets are a length (IEEE 802.3 §3.2.6). */
const LEAST = 0x0600;

/** What `proto` says: a name, or a number that is written as C writes it. */
export function readEthertype(text: string): Protocol {
  const named = NAMES[text.toLowerCase()];
  if (named !== undefined) return named;
  const value = /^(0x[\da-f]+|\d+)$/i.test(text) ? Number(text) : Number.NaN;
  if (value >= LEAST && value <= MOST) return value;
  const reason = Number.isNaN(value) ? 'not an Ethernet type' : 'an Ethernet type is from 0x600 to 0xffff';
  throw usage(
    'EVL_ARGUMENT',
    `argument "${text}" is wrong: ${reason}`,
    `proto 0x88a4, or one of ${Object.keys(NAMES).join(', ')}`,
  );
}

export const hexEthertype = (ethertype: number): string => `0x${ethertype.toString(16).padStart(4, '0')}`;
