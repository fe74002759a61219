// A host of the simulation: a whole stack with a socket, a responder and pings of its own, on one end of the link.
import { LoopbackDevice } from '../../src/device/loopback.js';
import { OwnStack } from '../../src/library/own-stack.js';
import { ECHO_PAGE_LENGTH, EchoPage } from '../../src/memory/echo-page.js';
import { Message } from '../../src/memory/message-ring.js';
import { ringCapacity, SocketCounter, SocketPage, socketPageLength } from '../../src/memory/socket-page.js';
import { EchoClient } from '../../src/service/echo-client.js';
import { EchoClients } from '../../src/service/echo-clients.js';
import { IcmpResponder } from '../../src/service/icmp-responder.js';
import { MessageOutput } from '../../src/stack/message-output.js';
import { Port } from '../../src/stack/port.js';
import { UdpEndpoint } from '../../src/stack/udp-endpoint.js';
import { UdpOutput } from '../../src/stack/udp-output.js';
import { network, parseIpv4 } from '../../src/wire/address.js';
import { AuditedDevice } from '../device/audited.js';
import { portConfig, recordOf } from '../stack/host.js';

export const VID = 42;
export const UDP_PORT = 5000;
const CAPACITY = ringCapacity(1 << 20);

export interface Datagram {
  readonly payload: Uint8Array;
  readonly address: number;
  readonly port: number;
}

export class SimulatedHost {
  readonly device: AuditedDevice;
  /** The link's end of its device. */
  readonly far: LoopbackDevice;
  readonly own: OwnStack;
  readonly echoes = new EchoPage(new ArrayBuffer(ECHO_PAGE_LENGTH));
  readonly page = new SocketPage(new ArrayBuffer(socketPageLength(CAPACITY, CAPACITY)), {
    receive: CAPACITY,
    send: CAPACITY,
    limit: CAPACITY,
  });
  readonly #endpoint: UdpEndpoint;
  readonly #datagrams: UdpOutput;
  readonly #messages: MessageOutput;
  readonly #pings = new EchoClients();
  readonly #now: () => number;

  constructor(mac: string, address: string, now: () => number) {
    const [near, far] = LoopbackDevice.pair();
    this.far = far;
    this.#now = now;
    this.device = new AuditedDevice(near);
    this.own = new OwnStack(this.device, now);
    const { stack, counters, tracer } = this.own;
    const port = new Port(portConfig({ vid: VID, ownsArp: true, mac, addresses: [`${address}/24`] }));
    port.icmp = new IcmpResponder(counters, tracer);
    this.own.addPort(port);
    const source = parseIpv4(address);
    stack.routes.set([{ network: network(source, 24), prefix: 24, gateway: 0, source, metric: 0, port }]);
    const binding = { address: 0, udpPort: UDP_PORT, slot: -1, peerAddress: 0, peerPort: 0 };
    this.#endpoint = new UdpEndpoint(this.page, binding);
    stack.sockets.add(this.#endpoint);
    stack.icmp.push(this.#pings);
    this.#datagrams = new UdpOutput(this.device, stack, counters);
    this.#messages = new MessageOutput(stack.output, counters);
  }

  /** Counters of its port, and of frames that belong to none. */
  get records() {
    return [recordOf(this.own.counters, VID), recordOf(this.own.counters, 0)] as const;
  }

  get dueNs(): number {
    const { reassembly, neighbours } = this.own.stack;
    return Math.min(reassembly.dueNs, neighbours.dueNs, this.#pings.dueNs);
  }

  send({ payload, address, port }: Datagram): void {
    const ring = this.page.sent;
    const at = ring.claim(payload.length);
    if (at < 0) throw new Error('the send ring is full');
    ring.set(at, Message.Payload, payload.length);
    ring.set(at, Message.Address, address);
    ring.set(at, Message.Port, port);
    ring.octets.set(payload, ring.payloadAt(at));
    ring.publish();
    while (this.#datagrams.drain(this.#endpoint, undefined, this.#now())) this.device.flush();
    this.device.flush();
  }

  ping(client: number, address: string, size: number, count: number, intervalNs: number): void {
    const setup = {
      client,
      destination: parseIpv4(address),
      size,
      count,
      intervalNs,
      isFlood: false,
      identifier: client + 1,
      sequence: 0,
    };
    const port = () => this.own.stack.port(VID);
    this.#pings.start(new EchoClient(setup, this.#messages, this.echoes, this.#now, port), this.#now());
  }

  /** Does what there is to do; the datagrams that came. */
  turn(): Datagram[] {
    while (this.own.turn() > 0);
    if (this.#pings.dueNs <= this.#now()) this.#pings.run(this.#now());
    return this.#received();
  }

  /** Descriptors of the device and octets of the socket that somebody holds: none once all is quiet. */
  get held(): number {
    return this.device.lent + this.page.received.used + this.page.sent.used;
  }

  get failed(): number {
    return this.page.counters[SocketCounter.Failed]! + this.page.counters[SocketCounter.Dropped]!;
  }

  #received(): Datagram[] {
    const ring = this.page.received;
    const datagrams: Datagram[] = [];
    for (let at = ring.next(); at >= 0; at = ring.next()) {
      const from = ring.payloadAt(at);
      datagrams.push({
        payload: ring.octets.slice(from, from + ring.payload(at)),
        address: ring.get(at, Message.Address) >>> 0,
        port: ring.get(at, Message.Port),
      });
      ring.release();
    }
    return datagrams;
  }
}
