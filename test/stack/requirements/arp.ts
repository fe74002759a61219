// RFC 826, RFC 5227 and the link layer of RFC 1122.
import { expect } from '@jest/globals';
import { formatIpv4 } from '../../../src/wire/address.js';
import { buildFrame, ISSUER, RESPONDER } from '../../build-frame.js';
import { expectFrame } from '../../expect-frame.js';
import { Host } from '../host.js';
import { Neighbourhood, SECOND, VID } from '../neighbourhood.js';
import { of, type Requirement } from './requirement.js';

const rfc826 = of(826);
const rfc1122 = of(1122);
const rfc5227 = of(5227);
const OTHER = '02:fc:00:00:00:77';
const tags = [{ vid: VID }];
const toAll = { destination: 'ff:ff:ff:ff:ff:ff' };
const host = () => new Host({ vid: VID, ownsArp: true });
const request = (fields: Parameters<typeof buildFrame>[0]['arp'] = {}) =>
  buildFrame({ tags, arp: fields, ...toAll });
/** An ARP packet with one octet of it different. */
const altered = (at: number, octet: number) => request().with(18 + at, octet);

export const ARP: Requirement[] = [
  rfc826('reception', 'MUST', 'who asks for our address is answered, to the address that it gives', () => {
    expectFrame(host().send(request()).reply!)
      .ethernet({ destination: ISSUER.mac, source: RESPONDER.mac })
      .vlan({ vid: VID })
      .arp({
        operation: 2,
        sender: RESPONDER.mac,
        senderAddress: RESPONDER.address,
        target: ISSUER.mac,
        targetAddress: ISSUER.address,
      });
  }),
  rfc826('reception', 'MUST', 'who asks for another is not answered', () => {
    expect(host().send(request({ targetAddress: '10.10.10.12' }))).toMatchObject({ reply: undefined });
  }),
  rfc826('reception', 'MUST', 'hardware and protocol that are not ours are not answered', () => {
    for (const [at, octet] of [
      [1, 2],
      [2, 9],
      [4, 8],
      [5, 16],
    ] as const)
      expect(host().send(altered(at, octet)).drop).toBe('arp-malformed');
  }),
  rfc826('reception', 'MUST', 'an answer is not answered', () => {
    expect(host().send(request({ operation: 2 })).reply).toBeUndefined();
  }),
  rfc826('reception', 'MUST', 'what any packet says of a neighbour that is known is believed', () => {
    const n = new Neighbourhood();
    n.send(ISSUER.address, 1);
    n.answer();
    n.pass(2 * SECOND);
    n.hear({ sender: OTHER, targetAddress: '10.10.10.12', senderAddress: ISSUER.address });
    n.hear({ operation: 2, sender: OTHER, targetAddress: ISSUER.address }, 'ff:ff:ff:ff:ff:ff');
    expect(n.entries()[0]).toMatch(new RegExp(`^${ISSUER.address} \\w+ ${OTHER}$`));
  }),
  rfc826('reception', 'MUST', 'who asks us is known by that', () => {
    const n = new Neighbourhood();
    n.hear({});
    expect(n.entries()).toEqual([`${ISSUER.address} Stale ${ISSUER.mac}`]);
  }),
  rfc826(
    'generation',
    'MUST',
    'a neighbour that is not known is asked for by broadcast, with our addresses',
    () => {
      const n = new Neighbourhood();
      n.send(ISSUER.address, 1);
      expect(n.sent()).toEqual([`who-has ${ISSUER.address} to all from ${RESPONDER.address}`]);
    },
  ),
  rfc5227('2.1.1', 'MUST', 'a probe for our address is answered', () => {
    expectFrame(host().send(request({ senderAddress: '0.0.0.0' })).reply!)
      .vlan({})
      .arp({ operation: 2, targetAddress: '0.0.0.0' });
  }),
  rfc5227('2.4', 'MUST', 'another host with our address is noticed', () => {
    const frame = request({ senderAddress: RESPONDER.address, targetAddress: RESPONDER.address });
    expect(host().send(frame).drop).toBe('arp-conflict');
  }),
  rfc5227('2.4', 'MUST', 'its address is defended by an announcement, once in 10 s', () => {
    const own = host();
    const defended: string[] = [];
    own.stack.announcer = { defend: (port, address) => defended.push(`${port.slot} ${formatIpv4(address)}`) };
    own.send(request({ senderAddress: RESPONDER.address }));
    own.send(request({ senderAddress: RESPONDER.address, operation: 2 }));
    own.send(request({}));
    expect(defended).toEqual([`${VID} ${RESPONDER.address}`, `${VID} ${RESPONDER.address}`]);
  }),
  rfc1122('2.3.2.1', 'MUST', 'an entry that is out of date is found out', () => {
    const n = new Neighbourhood();
    n.send(ISSUER.address, 1);
    n.answer();
    n.pass(31 * SECOND);
    n.sent();
    n.send(ISSUER.address, 2);
    expect(n.sent()).toContain(`who-has ${ISSUER.address} to ${ISSUER.mac} from ${RESPONDER.address}`);
    n.pass(4 * SECOND);
    expect(n.entries()[0]).toMatch(/Failed/);
  }),
  rfc1122('2.3.2.1', 'MUST', 'one neighbour is asked for once a second at most', () => {
    const n = new Neighbourhood();
    for (let i = 0; i < 30; i++) {
      n.send(ISSUER.address, i);
      n.pass(0.1 * SECOND);
    }
    expect(n.sent().length).toBeLessThanOrEqual(4);
  }),
  rfc1122('2.3.2.2', 'SHOULD', 'what is sent to a neighbour before it is known is not lost', () => {
    const n = new Neighbourhood();
    n.send(ISSUER.address, 1, 2, 3);
    n.sent();
    n.answer();
    expect(n.sent().map((said) => said.slice(0, 8))).toEqual(['packet 1', 'packet 2', 'packet 3']);
  }),
  rfc1122('2.3.3', 'MUST', 'IPv4 in Ethernet II is received and sent (RFC 894)', () => {
    const { reply } = host().send(buildFrame({ tags, icmp: {} }));
    expectFrame(reply!).ethernet({ ethertype: 0x8100 }).vlan({}).ipv4({});
  }),
];
