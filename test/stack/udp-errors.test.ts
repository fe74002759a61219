import { describe, expect, test } from '@jest/globals';
import { ringCapacity, SocketPage, socketPageLength } from '../../src/memory/socket-page.js';
import { type UdpBinding, UdpEndpoint } from '../../src/stack/udp-endpoint.js';
import { parseIpv4 } from '../../src/wire/address.js';
import { buildFrame, ISSUER, RESPONDER } from '../build-frame.js';
import { Host } from './host.js';

const tags = [{ vid: 42 }];
const CAPACITY = ringCapacity(1);
const CONNECTED: UdpBinding = {
  address: parseIpv4(RESPONDER.address),
  udpPort: 5000,
  slot: -1,
  peerAddress: parseIpv4(ISSUER.address),
  peerPort: 4000,
};

/** A host with a socket; what it is told by an ICMP message about a datagram of its own. */
function told(
  type: number,
  code: number,
  binding: Partial<UdpBinding> = {},
  quoted = 28,
  alter = (_: Uint8Array) => {},
) {
  const memory = new ArrayBuffer(socketPageLength(CAPACITY, CAPACITY));
  const page = new SocketPage(memory, { receive: CAPACITY, send: CAPACITY, limit: CAPACITY });
  const e = new UdpEndpoint(page, { ...CONNECTED, ...binding });
  const h = new Host({ vid: 42 });
  h.stack.sockets.add(e);
  const own = buildFrame({
    ipv4: { source: RESPONDER.address, destination: ISSUER.address },
    udp: { sourcePort: 5000, destinationPort: 4000 },
    payload: 'evlnet',
  }).subarray(14);
  alter(own);
  const { moved } = h.exchange([
    buildFrame({
      tags,
      icmp: { type, code, identifier: 0, sequence: 0 },
      payload: own.subarray(0, quoted),
    }),
  ]);
  return { fault: page.takeFault(), again: page.takeFault(), isTouched: e.isTouched, moved };
}

describe('a connected socket', () => {
  test('is told of an unreachable port, once, and looks', () => {
    const { fault, again, isTouched, moved } = told(3, 3);
    expect([fault, again, isTouched]).toEqual([111, 0, true]);
    expect(moved['icmp-not-request']).toBeUndefined();
  });

  test.each([
    ['network unreachable passes', 3, 0, 0],
    ['host unreachable passes', 3, 1, 0],
    ['protocol unreachable', 3, 2, 92],
    ['too long: not an error of the socket', 3, 4, 0],
    ['destination network unknown', 3, 6, 101],
    ['filtered', 3, 13, 113],
    ['a code that is none', 3, 16, 0],
    ['a wrong header', 12, 0, 71],
    ['time exceeded passes', 11, 0, 0],
    ['source quench', 4, 0, 0],
    ['not an error', 0, 0, 0],
  ])('%s', (_, type, code, errno) => {
    expect(told(type, code).fault).toBe(errno);
  });
});

test.each<[string, Partial<UdpBinding>, number]>([
  ['connected to nobody', { peerAddress: 0, peerPort: 0 }, 28],
  ['connected to another port', { peerPort: 4001 }, 28],
  ['connected to another host', { peerAddress: 1 }, 28],
  ['of another UDP port', { udpPort: 5001 }, 28],
  ['of another address', { address: 1 }, 28],
  ['bound to another port', { slot: 43 }, 28],
  ['that the message does not say enough about', {}, 27],
])('a socket %s is told nothing, and the message is dropped as before', (_, binding, quoted) => {
  const { fault, moved } = told(3, 3, binding, quoted);
  expect([fault, moved['icmp-not-request']]).toEqual([0, 1]);
});

test('a quoted header that is too short to be one is about no socket, whatever stands where its ports would', () => {
  const { fault, moved } = told(3, 3, { udpPort: 0x4011, peerPort: 4000 }, 28, (own) =>
    // Two words long: the TTL and the protocol are the source port then, the checksum the destination port.
    {
      own[0] = 0x42;
      own.set([0x40, 0x11, 4000 >> 8, 4000 & 0xff], 8);
    },
  );
  expect([fault, moved['icmp-not-request']]).toEqual([0, 1]);
});
