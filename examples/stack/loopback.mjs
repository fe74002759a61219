// The stack on a device in memory: no interface, no privilege, no kernel. One end of the wire has a port that answers pings, the other end
// sends one by hand and prints what comes back. `node examples/stack/loopback.mjs`
import { ethernet, formatIpv4, icmpv4, ipv4, vlan } from 'evlnet/service';
import { Batch, IcmpResponder, LoopbackDevice, OwnStack, Port, parseIpv4, parseMac } from 'evlnet/stack';

const VID = 42;
const [near, far] = [parseMac('02:fc:00:00:00:01'), parseMac('02:fc:00:00:00:02')];
const [own, peer] = [parseIpv4('10.10.10.11'), parseIpv4('10.10.10.10')];

const [device, wire] = LoopbackDevice.pair();
const host = new OwnStack(device, () => performance.now() * 1e6);
const port = new Port({
  ifname: 'memory.42',
  vid: VID,
  macHi: near.hi,
  macLo: near.lo,
  mtu: 1500,
  addresses: [{ address: own, prefix: 24 }],
  ownsArp: true,
  icmpErrors: false,
});
port.icmp = new IcmpResponder(host.counters, host.tracer);
host.addPort(port);

// An echo request with a tag: Ethernet, 802.1Q, IPv4, ICMP.
const batch = new Batch(1);
wire.reserve(batch, 1);
const { view } = wire.arena;
const at = batch.at[0];
ethernet.setDestination(view, at, near.hi, near.lo);
ethernet.setSource(view, at, far.hi, far.lo);
vlan.write(view, at + 2 * ethernet.ADDRESS_LENGTH, vlan.TPID_CUSTOMER, VID);
ethernet.setEthertype(view, at + vlan.TAG_LENGTH, ethernet.EtherType.Ipv4);
const l3 = at + ethernet.HEADER_LENGTH + vlan.TAG_LENGTH;
const l4 = l3 + ipv4.MIN_HEADER_LENGTH;
const end = l4 + icmpv4.HEADER_LENGTH;
ipv4.write(view, l3, {
  totalLength: end - l3,
  protocol: ipv4.Protocol.Icmp,
  source: peer,
  destination: own,
});
icmpv4.write(view, l4, end, { type: icmpv4.Type.Echo, identifier: 7, sequence: 1 });
batch.length[0] = end - at;
wire.transmit(batch);
wire.flush();

host.turn();

wire.receive(batch);
const reply = batch.at[0] + ethernet.HEADER_LENGTH + vlan.TAG_LENGTH;
const message = reply + ipv4.headerLength(view, reply);
const from = formatIpv4(ipv4.source(view, reply));
const isReply = icmpv4.type(view, message) === icmpv4.Type.EchoReply;
console.log(
  `${isReply ? 'echo reply' : 'something else'} from ${from}, seq ${icmpv4.sequence(view, message)}`,
);
wire.release(batch);
