// RFC 826 and RFC 5227: what asks for the port's address, what does not, and what is no ARP.
import { type ArpFields, buildFrame, type FrameFields, ISSUER, RESPONDER } from '../build-frame.js';
import { DIFFERENCES, type Difference } from './differences.js';
import { ELSEWHERE } from './hosts.js';
import { type Question, question } from './question.js';

const BROADCAST = 'ff:ff:ff:ff:ff:ff';

const arp = (name: string, fields: ArpFields, rest: FrameFields = {}, differs?: Difference) =>
  question(name, { destination: BROADCAST, arp: fields, ...rest }, differs);

/** A good request with an octet of the ARP packet changed. */
const spoiled = (name: string, at: number, value: number, differs?: Difference) => {
  const frame = buildFrame({ destination: BROADCAST, arp: {} });
  frame[14 + at] = value;
  return question(name, frame, differs);
};

const withTrailer = (count: number) => {
  const frame = buildFrame({ destination: BROADCAST, arp: {} });
  return Uint8Array.from([...frame, ...new Uint8Array(count).fill(0xee)]);
};

export const ARP: Question[] = [
  arp('a broadcast request', {}),
  arp('a broadcast request, padded', {}, { padTo: 60 }),
  ...[1, 18, 40, 1000].map((count) => question(`${count} octets behind it`, withTrailer(count))),
  arp('a unicast request', {}, { destination: RESPONDER.mac }),
  arp('a request by a multicast frame', {}, { destination: '01:00:5e:00:00:01' }),
  arp("a request to another host's MAC address", {}, { destination: '02:fc:00:00:00:77' }),
  arp('a request with our MAC address as target', { target: RESPONDER.mac }),
  arp('a request with another MAC address as target', { target: '02:fc:00:00:00:77' }),
  arp('a request with the broadcast address as target', { target: BROADCAST }),
  arp('a request on behalf of another MAC address', { sender: '02:fc:00:00:00:77' }),
  arp('a request from a MAC address of zeros', { sender: '00:00:00:00:00:00' }),
  arp('a request from the broadcast MAC address', { sender: BROADCAST }, {}, DIFFERENCES.groupSourceArp),
  arp(
    'a request in a frame from a group address',
    {},
    { source: '03:fc:00:00:00:02' },
    DIFFERENCES.groupSourceArp,
  ),
  arp('a request from our own MAC address', { sender: RESPONDER.mac }, {}, DIFFERENCES.reflectedArp),
  arp('a request in a frame from our own MAC address', {}, { source: RESPONDER.mac }),
  arp('a probe', { senderAddress: '0.0.0.0' }),
  arp('a probe, unicast', { senderAddress: '0.0.0.0' }, { destination: RESPONDER.mac }),
  arp('a probe for another address', { senderAddress: '0.0.0.0', targetAddress: '10.10.10.12' }),
  arp('a request from outside the subnet', { senderAddress: '198.51.100.7' }),
  arp('a request from the subnet broadcast address', { senderAddress: '10.10.10.255' }),
  arp('a request from the network address', { senderAddress: '10.10.10.0' }),
  arp('a request from 0.0.0.1', { senderAddress: '0.0.0.1' }),
  arp('a request from 127.0.0.1', { senderAddress: '127.0.0.1' }),
  arp('a request from 224.0.0.1', { senderAddress: '224.0.0.1' }),
  arp('a request from 240.0.0.1', { senderAddress: '240.0.0.1' }),
  arp('a request from 255.255.255.255', { senderAddress: '255.255.255.255' }),
  arp('a request from our own address: a conflict', { senderAddress: RESPONDER.address }),
  arp('a request from our own address for another', {
    senderAddress: RESPONDER.address,
    targetAddress: '10.10.10.12',
  }),
  arp('an announcement of our address', { senderAddress: RESPONDER.address }),
  arp('an announcement of another', { senderAddress: '10.10.10.77', targetAddress: '10.10.10.77' }),
  arp('an announcement of another, as a reply', {
    operation: 2,
    senderAddress: '10.10.10.77',
    targetAddress: '10.10.10.77',
  }),
  arp('a claim of our address, as a reply', { operation: 2, senderAddress: RESPONDER.address }),
  arp('a reply to us', { operation: 2, target: RESPONDER.mac }, { destination: RESPONDER.mac }),
  arp('a reply to another', { operation: 2, targetAddress: '10.10.10.12' }),
  ...[
    '10.10.10.12',
    '10.10.10.255',
    '255.255.255.255',
    '0.0.0.0',
    '127.0.0.1',
    '224.0.0.1',
    ISSUER.address,
  ].map((targetAddress) => arp(`a request for ${targetAddress}`, { targetAddress })),
  arp(
    'a request for another address of the host',
    { targetAddress: ELSEWHERE },
    {},
    DIFFERENCES.elsewhereArp,
  ),
  arp(
    'a probe for another address of the host',
    { senderAddress: '0.0.0.0', targetAddress: ELSEWHERE },
    {},
    DIFFERENCES.elsewhereArp,
  ),
  ...[0, 3, 4, 8, 9, 10, 255].map((operation) => arp(`operation ${operation}`, { operation })),
  spoiled('operation 257', 6, 1),
  spoiled('hardware type 0', 1, 0),
  spoiled('hardware type 6', 1, 6, DIFFERENCES.ieee802Arp),
  spoiled('hardware type 257', 0, 1),
  spoiled('protocol 0x0801', 3, 1),
  spoiled('protocol 0', 2, 0),
  spoiled('hardware length 8', 4, 8),
  spoiled('hardware length 0', 4, 0),
  spoiled('protocol length 16', 5, 16),
  spoiled('protocol length 0', 5, 0),
  ...[0, 7, 8, 27].map((count) =>
    question(
      `${count} octets of ARP`,
      buildFrame({ destination: BROADCAST, arp: {} }).subarray(0, 14 + count),
    ),
  ),
];
