// A host with sockets, the other end of whose wire is played by the test: datagrams out and in, as frames.
import { Message } from '../../src/memory/message-ring.js';
import { NeighbourState } from '../../src/memory/neighbour-page.js';
import { ringCapacity, SocketCounter, SocketPage, socketPageLength } from '../../src/memory/socket-page.js';
import { type UdpBinding, UdpEndpoint } from '../../src/stack/udp-endpoint.js';
import { UdpOutput } from '../../src/stack/udp-output.js';
import { network, parseIpv4, parseMac } from '../../src/wire/address.js';
import { buildFrame, type FrameFields, ISSUER, RESPONDER } from '../build-frame.js';
import { Host, type PortFields } from './host.js';

export const VID = 42;
export const UDP_PORT = 5000;
export const PEER_PORT = 4000;
const CAPACITY = ringCapacity(1 << 18);
const UNBOUND: UdpBinding = { address: 0, udpPort: UDP_PORT, slot: -1, peerAddress: 0, peerPort: 0 };
/** What connect(2) to the peer makes of a binding. */
export const CONNECTED: Partial<UdpBinding> = {
  address: parseIpv4(RESPONDER.address),
  peerAddress: parseIpv4(ISSUER.address),
  peerPort: PEER_PORT,
};

export class Socket {
  readonly page = new SocketPage(new ArrayBuffer(socketPageLength(CAPACITY, CAPACITY)), {
    receive: CAPACITY,
    send: CAPACITY,
    limit: CAPACITY,
  });
  readonly endpoint: UdpEndpoint;

  constructor(
    readonly host: SocketHost,
    binding: Partial<UdpBinding>,
  ) {
    this.endpoint = new UdpEndpoint(this.page, { ...UNBOUND, ...binding });
    host.stack.sockets.add(this.endpoint);
  }

  /** Sends to `to`, the connected peer where there is none: the errno of what sendmsg(2) would have failed with, and the frames. */
  send(payload: Uint8Array, to?: string): { errno: number; frames: Uint8Array[] } {
    const { sent } = this.page;
    const at = sent.claim(payload.length);
    sent.set(at, Message.Payload, payload.length);
    sent.set(at, Message.Address, to === undefined ? 0 : parseIpv4(to) | 0);
    sent.set(at, Message.Port, PEER_PORT);
    sent.octets.set(payload, sent.payloadAt(at));
    sent.publish();
    const { slot } = this.endpoint.binding;
    this.host.output.drain(this.endpoint, slot < 0 ? undefined : this.host.stack.port(slot), this.host.now);
    let errno = 0;
    this.page.takeFailures((_position, why) => {
      errno = why;
    });
    return { errno, frames: this.host.sent() };
  }

  /** The oldest datagram that came. */
  receive(): Uint8Array | undefined {
    const { received } = this.page;
    const at = received.next();
    if (at < 0) return undefined;
    const from = received.payloadAt(at);
    const payload = received.octets.slice(from, from + received.payload(at));
    received.release();
    return payload;
  }

  get count(): number {
    return this.page.counters[SocketCounter.Received]!;
  }
}

/** `RESPONDER`, with a route to its subnet and its neighbour known. */
export class SocketHost extends Host {
  readonly output: UdpOutput;

  constructor(fields: PortFields = {}) {
    super();
    const port = this.addPort({ vid: VID, ownsArp: true, ...fields });
    const source = parseIpv4(RESPONDER.address);
    this.stack.routes.set([
      { network: network(source, 24), prefix: 24, gateway: 0, source, metric: 0, port },
    ]);
    const { hi, lo } = parseMac(ISSUER.mac);
    this.stack.neighbours.set(
      port.slot,
      parseIpv4(ISSUER.address),
      NeighbourState.Permanent,
      hi,
      lo,
      this.now,
    );
    this.output = new UdpOutput(this.device, this.stack, this.counters);
  }

  socket(binding: Partial<UdpBinding> = {}): Socket {
    return new Socket(this, binding);
  }

  /** What left, flushed. */
  sent(): Uint8Array[] {
    this.device.flush();
    return this.pass(0);
  }
}

/** A datagram of the peer's. */
export const datagram = (payload: Uint8Array | string, fields: FrameFields = {}): Uint8Array =>
  buildFrame({
    tags: [{ vid: VID }],
    payload,
    ...fields,
    udp: { sourcePort: PEER_PORT, destinationPort: UDP_PORT, ...fields.udp },
  });
