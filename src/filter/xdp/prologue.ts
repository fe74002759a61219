// The context of a filter that runs at XDP: the fields of struct __sk_buff that it uses, as a socket filter finds them behind
// eth_type_trans() (net/ethernet/eth.c), before any socket is looked for.
import { type Assembler, Call, type Register, r0, r1, r2, r3, r6, r7, r8, r9, r10 } from '../../bpf/asm.js';
import { Field, MAC_HEADER } from '../context.js';
import { VLANS } from '../maps.js';
import { type Held, REAL, type Real } from './frame.js';
import { XdpMd } from './xdp-md.js';

/** <linux/if_ether.h>, network order: what protocol says where there is a length instead. */
const ETH_P_802_2 = 0x0400;
const ETH_P_802_3 = 0x0100;
/** First octet of the least ethertype: below, it is a length. */
const LEAST_ETHERTYPE = 0x06;
/** <linux/if_packet.h>. */
const Packet = { Host: 0, Broadcast: 1, Multicast: 2, OtherHost: 3 } as const;

export interface PrologueOptions {
  /** Offset from r10 of the context: below the filter's own stack. */
  readonly at: number;
  /** Words of it that the filter uses. */
  readonly fields: Iterable<number>;
  readonly withoutPerfmon: boolean;
  /** Registers that keep the frame as long as the entry function runs. */
  readonly held: Held;
  /** The context is handed to other functions, which find what belongs to it below it. */
  readonly isShared: boolean;
  /** Where frames shorter than a MAC header go. */
  readonly runt: string;
  /** Has that appended behind the function, out of the way of most frames. */
  defer(append: () => void): void;
}

/** Afterwards r1 is the filter's context. */
export function appendPrologue(a: Assembler, o: PrologueOptions): void {
  const { at } = o;
  const work = workRegisters(o.held);
  const fields = [...o.fields].sort((x, y) => x - y);
  const computed = new Map<number, () => void>([
    [Field.len, () => appendLength(a, at, work, o.withoutPerfmon)],
    [Field.pkt_type, () => appendPacketType(a, at, work)],
    [Field.protocol, () => appendProtocol(a, at, work, o.defer)],
    [Field.queue_mapping, () => appendQueue(a, at, work)],
    [Field.ingress_ifindex, () => appendIfindex(a, at + Field.ingress_ifindex, work)],
    [Field.ifindex, () => appendIfindex(a, at + Field.ifindex, work)],
  ]);
  a.line('the frame')
    .mov(work.context, r1)
    .load('w', work.data, r1, XdpMd.data)
    .load('w', work.dataEnd, r1, XdpMd.dataEnd);
  for (const what of ['context', 'data', 'dataEnd'] as const)
    if (o.isShared || o.held[what] === undefined) a.store('dw', r10, at + REAL[what], work[what]);
  a.mov(r2, work.data).alu('add', r2, MAC_HEADER).jump('>', r2, work.dataEnd, o.runt);
  for (const field of fields) {
    const append = computed.get(field);
    if (append) append();
    else a.line('skb: empty at XDP').store('w', r10, at + field, 0);
  }
  a.line('the filter');
  for (const [what, register] of Object.entries(o.held) as [Real, Register][])
    if (register !== work[what]) a.mov(register, work[what]);
  a.mov(r1, r10).alu('add', r1, at);
}

/** They must outlast the prologue's own calls. */
type Work = Readonly<Record<Real, Register>>;
function workRegisters(held: Held): Work {
  const lasting = [r6, r7, r8, r9];
  const taken = Object.values(held);
  const free = lasting.filter((r) => !taken.includes(r));
  const pick = (register: Register | undefined) =>
    register !== undefined && lasting.includes(register) ? register : free.shift()!;
  return { context: pick(held.context), data: pick(held.data), dataEnd: pick(held.dataEnd) };
}

function appendLength(a: Assembler, at: number, work: Work, withoutPerfmon: boolean): void {
  a.line('skb->len');
  // Only who has CAP_PERFMON may subtract pointers.
  if (withoutPerfmon) a.mov(r1, work.context).call(Call.xdpGetBuffLen);
  else a.mov(r0, work.dataEnd).alu('sub', r0, work.data);
  a.alu('sub', r0, MAC_HEADER).store('w', r10, at + Field.len, r0);
}

/** The device's own address is in the entry of VID 0, which no frame is taken by. */
function appendPacketType(a: Assembler, at: number, { data }: Work): void {
  a.line('skb->pkt_type')
    .store('w', r10, at + Field.pkt_type, 0)
    .map(r1, VLANS.name)
    .mov(r2, r10)
    .alu('add', r2, at + Field.pkt_type)
    .call(Call.mapLookupElem)
    .jump('==', r0, 0, 'evlnet.host')
    .load('dw', r0, r0, 0)
    .alu('rsh', r0, 16)
    .load('w', r2, data, 0)
    .load('h', r3, data, 4)
    .alu('lsh', r3, 32)
    .alu('or', r3, r2)
    .jump('==', r3, r0, 'evlnet.host')
    .mov(r0, Packet.OtherHost)
    .alu('and', r2, 1)
    .jump('==', r2, 0, 'evlnet.packet-type')
    .mov(r0, Packet.Multicast)
    .alu('add', r3, 1)
    .alu('rsh', r3, 48)
    .jump('==', r3, 0, 'evlnet.packet-type')
    .mov(r0, Packet.Broadcast)
    .goto('evlnet.packet-type')
    .label('evlnet.host')
    .mov(r0, Packet.Host)
    .label('evlnet.packet-type')
    .store('w', r10, at + Field.pkt_type, r0);
}

function appendProtocol(a: Assembler, at: number, work: Work, defer: PrologueOptions['defer']): void {
  a.line('skb->protocol')
    .load('h', r0, work.data, MAC_HEADER - 2)
    .mov(r2, r0)
    .alu('and', r2, 0xff)
    .jump('<', r2, LEAST_ETHERTYPE, 'evlnet.length')
    .label('evlnet.protocol')
    .store('w', r10, at + Field.protocol, r0);
  defer(() =>
    a
      .line('skb->protocol: a length')
      .label('evlnet.length')
      .mov(r0, ETH_P_802_2)
      .mov(r2, work.data)
      .alu('add', r2, MAC_HEADER + 2)
      .jump('>', r2, work.dataEnd, 'evlnet.protocol')
      .load('h', r2, work.data, MAC_HEADER)
      .jump('!=', r2, 0xffff, 'evlnet.protocol')
      .mov(r0, ETH_P_802_3)
      .goto('evlnet.protocol'),
  );
}

/** As drivers of several queues record it: skb_record_rx_queue(), <linux/skbuff.h>. */
function appendQueue(a: Assembler, at: number, { context }: Work): void {
  a.line('skb->queue_mapping')
    .load('w', r0, context, XdpMd.rxQueueIndex)
    .alu('add', r0, 1)
    .store('w', r10, at + Field.queue_mapping, r0);
}

function appendIfindex(a: Assembler, at: number, { context }: Work): void {
  a.line('skb->ifindex').load('w', r0, context, XdpMd.ingressIfindex).store('w', r10, at, r0);
}
