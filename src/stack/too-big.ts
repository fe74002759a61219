// RFC 1191 §3, RFC 1122 §3.3.3: a router says that a datagram of ours was too long for it and may not be cut. What it says is believed where
// the datagram that it quotes is one that a socket here may have sent; RFC 8201 §4 and §6 tell why to look.
import type { Counters } from '../memory/counters.js';
import { SLOT_STRIDE, SlotCounter } from '../memory/counters.js';
import { MtuDiscovery } from '../memory/socket-page.js';
import * as icmpv4 from '../wire/icmpv4.js';
import * as ipv4 from '../wire/ipv4.js';
import * as udp from '../wire/udp.js';
import type { Output } from './output.js';
import type { Packet } from './packet.js';
import type { Port } from './port.js';
import { type IcmpService, Outcome } from './service.js';
import { Errno } from './socket-output.js';
import type { Tracer } from './tracer.js';
import type { UdpTable } from './udp-table.js';

export class TooBig implements IcmpService {
  readonly name = 'path-mtu';

  constructor(
    readonly table: UdpTable,
    readonly output: Output,
    readonly tracer: Pick<Tracer, 'batchNs'>,
    readonly counters: Counters,
  ) {}

  message(p: Packet, port: Port): number {
    const { view, l4, packetEnd } = p;
    const isIt =
      icmpv4.type(view, l4) === icmpv4.Type.DestinationUnreachable &&
      icmpv4.code(view, l4) === icmpv4.Code.FragmentationNeeded;
    if (!isIt) return Outcome.Pass;
    const l3 = l4 + icmpv4.HEADER_LENGTH;
    if (packetEnd - l3 < ipv4.MIN_HEADER_LENGTH || ipv4.protocol(view, l3) !== ipv4.Protocol.Udp)
      return Outcome.Pass;
    const headerLength = ipv4.headerLength(view, l3);
    const datagram = l3 + headerLength;
    if (headerLength < ipv4.MIN_HEADER_LENGTH || packetEnd - datagram < udp.HEADER_LENGTH)
      return Outcome.Pass;
    if (!ipv4.isDontFragment(view, l3) || ipv4.isFragment(view, l3)) return Outcome.Pass;
    const source = ipv4.source(view, l3);
    const destination = ipv4.destination(view, l3);
    const peerPort = udp.destinationPort(view, datagram);
    const e = this.table.sender(port, source, udp.sourcePort(view, datagram), destination, peerPort);
    if (e === undefined || !port.owns(source)) return Outcome.Pass;
    const { pathMtus } = this.output;
    const present = pathMtus.find(destination) || port.mtu;
    const length = ipv4.totalLength(view, l3);
    const mtu = icmpv4.nextHopMtu(view, l4);
    if (!pathMtus.learn(destination, length, mtu, present, this.tracer.batchNs)) return Outcome.Pass;
    this.counters.slots[port.slot * SLOT_STRIDE + SlotCounter.PathMtus]! += 1;
    // __udp4_lib_err(): who is connected, and asked for it, learns that a datagram was lost.
    if (e.binding.peerPort !== 0 && e.page.mtuDiscovery !== MtuDiscovery.Dont) {
      e.page.fault = Errno.EMSGSIZE;
      this.table.delivery.tell(e);
    }
    return Outcome.Done;
  }
}
