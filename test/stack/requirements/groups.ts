// RFC 1112 and RFC 2236: multicast, from the host's side.
import { expect } from '@jest/globals';
import { formatIpv4, parseIpv4 } from '../../../src/wire/address.js';
import { expectFrame } from '../../expect-frame.js';
import { Neighbourhood, SECOND, VID } from '../neighbourhood.js';
import { datagram, SocketHost } from '../sockets.js';
import { of, type Requirement } from './requirement.js';

const rfc1112 = of(1112);
const rfc2236 = of(2236);
const GROUP = '239.129.2.3';
const toGroup = { destination: '01:00:5e:01:02:03', ipv4: { destination: GROUP } };

/** Where what a host says of groups goes to, and about which, in so many seconds. */
const said = (n: Neighbourhood, seconds: number): string[] => {
  n.pass(seconds * SECOND);
  return n
    .frames()
    .map((frame) => new DataView(frame.buffer, frame.byteOffset))
    .map(
      (v) => `${formatIpv4(v.getUint32(34))}: ${v.getUint8(42).toString(16)} ${formatIpv4(v.getUint32(46))}`,
    );
};

export const GROUPS: Requirement[] = [
  rfc1112('6.1', 'MUST', 'a multicast has TTL 1, unless the application wants another', () => {
    const socket = new SocketHost().socket();
    const ttl = (want: number) =>
      expectFrame(socket.send(Uint8Array.of(1), GROUP).frames[0]!)
        .vlan({})
        .ipv4({ ttl: want });
    ttl(1);
    socket.page.groupTtl = 9;
    ttl(9);
  }),
  rfc1112('6.4', 'MUST', 'a group is sent to at 01:00:5e and its low-order 23 bits', () => {
    const [frame] = new SocketHost().socket().send(Uint8Array.of(1), GROUP).frames;
    expectFrame(frame!).ethernet({ destination: '01:00:5e:01:02:03' });
  }),
  rfc1112('7.2', 'MUST', 'what is for a group that nobody here has joined is discarded', () => {
    const host = new SocketHost();
    const socket = host.socket();
    expect(host.send(datagram('x', toGroup)).drop).toBeDefined();
    host.stack.igmp.join(42, parseIpv4(GROUP));
    host.sent();
    host.exchange([datagram('x', toGroup)]);
    expect(socket.count).toBe(1);
  }),
  rfc2236('3', 'MUST', 'joining is reported to the group, twice', () => {
    const n = new Neighbourhood();
    n.stack.igmp.join(VID, parseIpv4(GROUP));
    expect(said(n, 11)).toEqual([`${GROUP}: 16 ${GROUP}`, `${GROUP}: 16 ${GROUP}`]);
  }),
  rfc2236('3', 'SHOULD', 'leaving is told to all routers', () => {
    const n = new Neighbourhood();
    n.stack.igmp.join(VID, parseIpv4(GROUP));
    said(n, 11);
    n.stack.igmp.leave(VID, parseIpv4(GROUP), n.now);
    expect(said(n, 11)).toEqual([`224.0.0.2: 17 ${GROUP}`]);
  }),
  rfc2236('6', 'MUST NOT', 'the group of all hosts is reported', () => {
    const n = new Neighbourhood();
    n.stack.igmp.join(VID, parseIpv4('224.0.0.1'));
    expect(said(n, 11)).toEqual([]);
  }),
];
