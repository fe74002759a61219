import { LoopbackDevice } from '../device/loopback.js';
import { BATCH, Batch } from '../memory/batch.js';
import { Counters, PAGE_LENGTH } from '../memory/counters.js';
import { TRACE_LENGTH, TraceRing } from '../memory/trace-ring.js';
import { IcmpResponder } from '../service/icmp-responder.js';
import { Port, TraceLevel } from '../stack/port.js';
import { Stack } from '../stack/stack.js';
import { Tracer } from '../stack/tracer.js';
import * as arp from '../wire/arp.js';
import * as ethernet from '../wire/ethernet.js';
import * as icmpv4 from '../wire/icmpv4.js';
import * as ipv4 from '../wire/ipv4.js';
import * as vlan from '../wire/vlan.js';

const VID = 42;
const HI = 0x02fc;
const LO = 1;
const OWN = 0x0a0a_0a0b;
const PEER = 0x0a0a_0a0a;
const MTU = 1500;
/** One frame of so many is ARP. */
const ARP_EVERY = 16;
/** The engine has optimized the way of an echo request long before. */
const BATCHES = 400;
/** Less than so long, some 200 ms, is all that it takes; who waits for a much slower machine would rather have it start. */
const LIMIT_MS = 500;

/**
 * Runs echo requests through a stack of its own, so that the engine has compiled that way before the first real packet: cold, that
 * one would take some 700 µs instead of a few.
 */
export function warmUp(): void {
  const device = new LoopbackDevice();
  const { view, chunkSize } = device.arena;
  const counters = new Counters(new ArrayBuffer(PAGE_LENGTH));
  const tracer = new Tracer(new TraceRing(new ArrayBuffer(TRACE_LENGTH)), new Int32Array(4096), () => 0);
  const stack = new Stack(device, counters, tracer);
  const port = new Port({
    ifname: '',
    vid: VID,
    macHi: HI,
    macLo: LO,
    mtu: MTU,
    addresses: [{ address: OWN, prefix: 24 }],
    ownsArp: true,
    icmpErrors: false,
  });
  port.icmp = new IcmpResponder(counters, tracer);
  stack.setPort(VID, port);
  const rx = new Batch(BATCH);
  const end = performance.now() + LIMIT_MS;
  for (let n = 0; n < BATCHES && performance.now() < end; n++) {
    // Echo requests take the express way while nobody traces them, and the general one otherwise.
    port.trace = n % 2 === 0 ? TraceLevel.Lines : TraceLevel.Silent;
    rx.count = 0;
    for (let i = 0; i < BATCH; i++) {
      const write = i % ARP_EVERY === 0 ? writeWhoHas : writeRequest;
      rx.push(i * chunkSize, write(view, i * chunkSize, n), 0);
    }
    stack.input(rx);
    stack.replies.count = 0;
    stack.spent.count = 0;
  }
}

/** A tagged ARP request for our address; returns its length. */
function writeWhoHas(v: DataView, at: number): number {
  const l3 = writeTagged(v, at, ethernet.EtherType.Arp);
  arp.writeRequest(v, l3, HI, LO + 1, PEER, OWN);
  return l3 + arp.LENGTH - at;
}

/** A tagged echo request with an empty payload; returns its length. */
function writeRequest(v: DataView, at: number, sequence: number): number {
  const l3 = writeTagged(v, at, ethernet.EtherType.Ipv4);
  const l4 = l3 + ipv4.MIN_HEADER_LENGTH;
  const end = l4 + icmpv4.HEADER_LENGTH;
  ipv4.write(v, l3, { totalLength: end - l3, protocol: ipv4.Protocol.Icmp, source: PEER, destination: OWN });
  icmpv4.write(v, l4, end, { type: icmpv4.Type.Echo, identifier: 1, sequence });
  return end - at;
}

/** Addresses, tag and ethertype; returns where the network header begins. */
function writeTagged(v: DataView, at: number, ethertype: number): number {
  ethernet.setDestination(v, at, HI, LO);
  ethernet.setSource(v, at, HI, LO + 1);
  vlan.write(v, at + 2 * ethernet.ADDRESS_LENGTH, vlan.TPID_CUSTOMER, VID);
  ethernet.setEthertype(v, at + vlan.TAG_LENGTH, ethertype);
  return at + ethernet.HEADER_LENGTH + vlan.TAG_LENGTH;
}
