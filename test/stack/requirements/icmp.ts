// RFC 792 and ICMP in RFC 1122.
import { expect } from '@jest/globals';
import { buildFrame, type FrameFields, ISSUER, octets, RESPONDER } from '../../build-frame.js';
import { expectFrame } from '../../expect-frame.js';
import { fragments, messageOf } from '../../fragment.js';
import { CONNECTED, datagram, SocketHost, VID } from '../sockets.js';
import { of, type Requirement } from './requirement.js';

const rfc792 = of(792);
const rfc1122 = of(1122);
const tags = [{ vid: VID }];
const toAll = { destination: 'ff:ff:ff:ff:ff:ff' };
const message = (icmp: FrameFields['icmp'], more: FrameFields = {}) =>
  buildFrame({ tags, icmp: icmp ?? {}, ...more });
const errorHost = () => new SocketHost({ icmpErrors: true });
/** The answer to a datagram for a closed port. */
const told = (more: FrameFields) =>
  errorHost().exchange([datagram('x', { ...more, udp: { destinationPort: 9, ...more.udp } })]).replies;
const none = (replies: Uint8Array[]) => expect(replies).toEqual([]);

export const ICMP: Requirement[] = [
  rfc792('echo', 'MUST', 'identifier, sequence number and data come back', () => {
    const { reply } = new SocketHost().send(
      message({ identifier: 0xfffe, sequence: 7 }, { payload: 'data' }),
    );
    expectFrame(reply!)
      .vlan({})
      .ipv4({})
      .icmp({ type: 0, code: 0, identifier: 0xfffe, sequence: 7 })
      .payload('data');
  }),
  rfc792('checksum', 'MUST', 'a message with a wrong checksum is discarded', () => {
    expect(new SocketHost().send(message({ checksum: 1 })).drop).toBe('icmp-bad-checksum');
  }),
  rfc792('unreachable', 'MUST', 'an error has the header and at least 64 bits of what it is about', () => {
    const [reply] = told({ ipv4: { options: '94040000' } });
    const quoted = messageOf(reply!).subarray(8);
    expect(quoted.length).toBeGreaterThanOrEqual(24 + 8);
  }),
  rfc792('timestamp', 'MAY', 'a timestamp request is answered with the time of day', () => {
    const request = message({ type: 13 }, { payload: octets('00000001 00000000 00000000') });
    expectFrame(new SocketHost().send(request).reply!).vlan({}).ipv4({}).icmp({ type: 14, identifier: 7 });
  }),
  rfc1122('3.2.2', 'MUST', 'a message of an unknown type is discarded silently', () => {
    for (const type of [1, 2, 7, 19, 42, 255])
      expect(errorHost().send(message({ type }))).toMatchObject({
        reply: undefined,
        drop: 'icmp-not-request',
      });
  }),
  rfc1122('3.2.2', 'MUST NOT', 'an error is sent about an error', () => {
    for (const type of [3, 4, 5, 11, 12]) none(errorHost().exchange([message({ type })]).replies);
  }),
  rfc1122('3.2.2', 'MUST NOT', 'an error is sent about what went to many', () => {
    for (const destination of ['10.10.10.255', '255.255.255.255'])
      none(told({ ...toAll, ipv4: { destination } }));
  }),
  rfc1122('3.2.2', 'MUST NOT', 'an error is sent about what came in a broadcast frame', () => {
    none(told(toAll));
  }),
  rfc1122('3.2.2', 'MUST NOT', 'an error is sent about a fragment but the first', () => {
    const [, second] = fragments(messageOf(datagram(new Uint8Array(100))), [48], { tags, protocol: 17 });
    const host = errorHost();
    none(host.exchange([second!]).replies);
    none(host.pass(40e9));
  }),
  rfc1122('3.2.2', 'MUST NOT', 'an error is sent about what comes from no single host', () => {
    for (const source of ['0.0.0.0', '127.0.0.1', '10.10.10.255', '224.0.0.1'])
      none(told({ ipv4: { source } }));
  }),
  rfc1122('3.2.2', 'SHOULD', 'errors are limited', () => {
    const host = errorHost();
    const frames = Array.from({ length: 50 }, () => datagram('x', { udp: { destinationPort: 9 } }));
    expect(host.exchange(frames).replies).toHaveLength(6);
  }),
  rfc1122('3.2.2', 'SHOULD', 'a reply has the TOS of its request', () => {
    expectFrame(new SocketHost().send(message({}, { ipv4: { tos: 0x10 } })).reply!)
      .vlan({})
      .ipv4({ tos: 0x10 });
  }),
  rfc1122(
    '3.2.2.1',
    'SHOULD',
    'a port and a protocol that nobody serves are unreachable, where ICMP errors are on',
    () => {
      expectFrame(told({})[0]!).vlan({}).ipv4({}).icmp({ type: 3, code: 3 });
      const unknown = buildFrame({ tags, ipv4: { protocol: 99 }, payload: 'x' });
      expectFrame(errorHost().exchange([unknown]).replies[0]!)
        .vlan({})
        .ipv4({})
        .icmp({ type: 3, code: 2 });
    },
  ),
  rfc1122('3.2.2.1', 'MUST', 'what is unreachable is reported to who sent it', () => {
    const host = new SocketHost();
    const socket = host.socket(CONNECTED);
    const [own] = socket.send(Uint8Array.of(1), undefined).frames;
    host.exchange([
      message({ type: 3, code: 3, identifier: 0, sequence: 0 }, { payload: own!.subarray(18) }),
    ]);
    expect(socket.page.takeFault()).toBe(111);
  }),
  rfc1122('3.2.2.2', 'SHOULD NOT', 'a host sends redirects', () => {
    none(errorHost().exchange([datagram('x', { ipv4: { destination: '10.10.10.12' } })]).replies);
  }),
  rfc1122('3.2.2.5', 'MUST', 'a parameter problem is reported to who sent it', () => {
    const host = new SocketHost();
    const socket = host.socket(CONNECTED);
    const [own] = socket.send(Uint8Array.of(1), undefined).frames;
    host.exchange([
      message({ type: 12, code: 0, identifier: 0, sequence: 0 }, { payload: own!.subarray(18) }),
    ]);
    expect(socket.page.takeFault()).toBe(71);
  }),
  rfc1122('3.2.2.5', 'SHOULD', 'the sender of a packet with wrong options is told', () => {
    const wrong = datagram('x', { ipv4: { options: '01070303' } });
    const [problem] = errorHost().exchange([wrong]).replies;
    // The pointer is where an identifier would be: octet 23, that of the record route which is below 4.
    expectFrame(problem!)
      .vlan({})
      .ipv4({})
      .icmp({ type: 12, code: 0, identifier: 23 << 8, sequence: 0 })
      .payload(wrong.subarray(18));
  }),
  rfc1122('3.2.2.6', 'MUST', 'echo requests are answered, from the address that they were sent to', () => {
    const host = new SocketHost({ addresses: [`${RESPONDER.address}/24`, '10.10.10.99/24'] });
    const { reply } = host.send(message({}, { ipv4: { destination: '10.10.10.99' } }));
    expectFrame(reply!).vlan({}).ipv4({ source: '10.10.10.99', destination: ISSUER.address });
  }),
  rfc1122('3.2.2.6', 'MAY', 'echo requests to many are discarded silently', () => {
    for (const destination of ['10.10.10.255', '255.255.255.255', '224.0.0.1'])
      expect(new SocketHost().send(message({}, { ...toAll, ipv4: { destination } })).drop).toBe(
        'icmp-broadcast',
      );
  }),
  rfc1122('3.2.2.6', 'MUST', 'all data of a request that came in fragments come back', () => {
    const payload = Uint8Array.from({ length: 5000 }, (_, i) => i % 251);
    const whole = messageOf(buildFrame({ icmp: {}, payload }));
    const { replies } = new SocketHost().exchange(fragments(whole, [1480, 2960, 4440], { tags }));
    expect(Buffer.concat(replies.map(messageOf)).subarray(8)).toEqual(Buffer.from(payload));
  }),
  rfc1122('3.2.2.6', 'SHOULD', 'the reply has its record route and timestamp options filled in', () => {
    const { reply } = new SocketHost().send(message({}, { ipv4: { options: '07070400 00000000' } }));
    // Type, length, pointer past the entry, the entry; one octet fills the header up to a word.
    expectFrame(reply!).vlan({}).ipv4({ options: '070708 0a0a0a0b 00' });
  }),
  rfc1122('3.2.2.8', 'MAY', 'timestamp requests to many are discarded silently', () => {
    const payload = octets('00000001 00000000 00000000');
    const request = message({ type: 13 }, { ...toAll, payload, ipv4: { destination: '10.10.10.255' } });
    expect(new SocketHost().send(request).drop).toBe('icmp-broadcast');
  }),
  rfc1122('3.2.2.9', 'MUST NOT', 'an address mask request is answered by who is no agent for it', () => {
    const { reply, drop } = new SocketHost().send(message({ type: 17 }, { payload: octets('00000000') }));
    expect([reply, drop]).toEqual([undefined, 'icmp-not-request']);
  }),
];
