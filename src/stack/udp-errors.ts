// RFC 1122 §4.1.3.3: ICMP errors are passed to the sockets that they are about; of Linux' __udp4_lib_err() (net/ipv4/udp.c) what a socket gets
// that has not asked for more: hard errors, where it is connected.
import * as icmpv4 from '../wire/icmpv4.js';
import * as ipv4 from '../wire/ipv4.js';
import * as udp from '../wire/udp.js';
import type { Packet } from './packet.js';
import type { Port } from './port.js';
import { type IcmpService, Outcome } from './service.js';
import type { UdpTable } from './udp-table.js';

const EPROTO = 71;
/** By code of an unreachable destination: icmp_err_convert[] of net/ipv4/icmp.c; 0 where the error may pass. */
const UNREACHABLE = Uint8Array.of(0, 0, 92, 111, 0, 0, 101, 112, 64, 101, 113, 0, 0, 113, 113, 113);

export class UdpErrors implements IcmpService {
  readonly name = 'udp-errors';

  constructor(readonly table: UdpTable) {}

  message(p: Packet, port: Port): number {
    const { view, l4, packetEnd } = p;
    const errno = errnoOf(icmpv4.type(view, l4), icmpv4.code(view, l4));
    if (errno === 0) return Outcome.Pass;
    // RFC 792: the packet that it is about, its header and 64 bits at least.
    const l3 = l4 + icmpv4.HEADER_LENGTH;
    if (packetEnd - l3 < ipv4.MIN_HEADER_LENGTH || ipv4.protocol(view, l3) !== ipv4.Protocol.Udp)
      return Outcome.Pass;
    const headerLength = ipv4.headerLength(view, l3);
    const datagram = l3 + headerLength;
    if (
      headerLength < ipv4.MIN_HEADER_LENGTH ||
      packetEnd - datagram < udp.HEADER_LENGTH ||
      ipv4.fragmentOffset(view, l3) !== 0
    )
      return Outcome.Pass;
    const isTold = this.table.refuse(
      port,
      ipv4.source(view, l3),
      udp.sourcePort(view, datagram),
      ipv4.destination(view, l3),
      udp.destinationPort(view, datagram),
      errno,
    );
    return isTold ? Outcome.Done : Outcome.Pass;
  }
}

function errnoOf(type: number, code: number): number {
  if (type === icmpv4.Type.ParameterProblem) return EPROTO;
  return type === icmpv4.Type.DestinationUnreachable && code < UNREACHABLE.length ? UNREACHABLE[code]! : 0;
}
