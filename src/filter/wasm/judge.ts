// The functions that JavaScript calls: they make struct __sk_buff of a frame as eth_type_trans() (net/ethernet/eth.c) would have it, and
// run the filter. `judge` takes one frame, `judgeAll` a batch, so that one call is enough for all of it.
import { CB_END, Field, MAC_HEADER } from '../context.js';
import { Verdict } from '../verdict.js';
import { Code } from './code.js';
import { Global } from './imports.js';
import type { ModuleFunction } from './module.js';
import { I32, Op, Type } from './opcode.js';
import type { Unit } from './unit.js';

/** Values of `pkt_type`, <linux/if_packet.h>. */
const PacketType = { Host: 0, Broadcast: 1, Multicast: 2, OtherHost: 3 } as const;
/** Values of `protocol` for a frame with a length where others have their ethertype, <linux/if_ether.h>, network order. */
const ETH_P_802_3 = 0x0100;
const ETH_P_802_2 = 0x0400;
const ETHERTYPE = 12;
/** Lowest first octet of an ethertype: ETH_P_802_3_MIN is 0x0600. */
const FIRST_ETHERTYPE = 0x06;

export function drivers(units: readonly Unit[], entry: number, first: number): ModuleFunction[] {
  const { i32 } = Type;
  return [
    {
      type: { parameters: [i32, i32, i32], results: [i32] },
      locals: [],
      code: judge(units, entry),
      exportedAs: 'judge',
    },
    {
      type: { parameters: [i32, i32, i32, i32, i32], results: [] },
      locals: [i32],
      code: judgeAll(first),
      exportedAs: 'judgeAll',
    },
  ];
}

/** (frame, length, budget) → r0 */
function judge(units: readonly Unit[], entry: number): Code {
  const { layout } = units[0]!;
  const [FRAME, LENGTH, BUDGET] = [0, 1, 2];
  const code = new Code();
  const wants = (field: number) =>
    units.some(({ analysis }) => analysis.contextEscapes || analysis.fields.has(field));
  const store = (field: number, write: () => void) => {
    if (!wants(field)) return;
    code.i32(layout.context);
    write();
    code.access(I32.store, field);
  };

  // No frame at all: nobody's.
  code.get(LENGTH).i32(MAC_HEADER).op(I32.ltU).if().i32(Verdict.Skip).op(Op.return).end();
  code.get(FRAME).i32(MAC_HEADER).op(I32.add).setGlobal(Global.packet);
  code.get(LENGTH).i32(MAC_HEADER).op(I32.sub).setGlobal(Global.length);
  code.get(BUDGET).setGlobal(Global.budget).i32(0).setGlobal(Global.tailCalls);
  store(Field.len, () => code.getGlobal(Global.length));
  store(Field.protocol, () => pushProtocol(code, FRAME));
  store(Field.pkt_type, () => pushPacketType(code, FRAME, layout.device));
  for (let field = Field.cb; field < CB_END; field += 4) store(field, () => code.i32(0));
  code.i64(layout.context).i64(0).i64(0).i64(0).i64(0).i32(layout.stack).call(entry).op(I32.wrap);
  return code;
}

function pushProtocol(code: Code, frame: number): void {
  code.get(frame).access(I32.load8u, ETHERTYPE).i32(FIRST_ETHERTYPE).op(I32.geU).op(Op.if, Type.i32);
  code.get(frame).access(I32.load16u, ETHERTYPE);
  code.else();
  // Novell's raw 802.3 starts with an IPX packet that has no checksum.
  code.i32(ETH_P_802_3).i32(ETH_P_802_2);
  code.getGlobal(Global.length).i32(2).op(I32.geU).op(Op.if, Type.i32);
  code.get(frame).access(I32.load16u, MAC_HEADER).i32(0xffff).op(I32.eq).else().i32(0).end();
  code.op(Op.select).end();
}

function pushPacketType(code: Code, frame: number, device: number): void {
  const differs = () => {
    code.get(frame).access(I32.load, 0).i32(device).access(I32.load, 4).op(I32.ne);
    code.get(frame).access(I32.load16u, 4).i32(device).access(I32.load16u, 8).op(I32.ne, I32.or);
  };
  code.get(frame).access(I32.load8u, 0).i32(1).op(I32.and).op(Op.if, Type.i32);
  code.i32(PacketType.Broadcast).i32(PacketType.Multicast);
  code.get(frame).access(I32.load, 0).i32(-1).op(I32.eq);
  code.get(frame).access(I32.load16u, 4).i32(0xffff).op(I32.eq, I32.and, Op.select);
  code.else();
  code.i32(PacketType.OtherHost).i32(PacketType.Host);
  code.i32(device).access(I32.load, 0);
  differs();
  code.op(I32.and, Op.select).end();
}

/**
 * (index, count, frames, results, budget): frames from number `position` on; the index has the offset of each from `frames` and its length,
 * 32 bits each. A frame whose program is stopped leaves `position` at it.
 */
function judgeAll(judgeIndex: number): Code {
  const [INDEX, COUNT, FRAMES, RESULTS, BUDGET, N] = [0, 1, 2, 3, 4, 5];
  const code = new Code();
  code.getGlobal(Global.position).set(N).block().loop();
  code.get(N).get(COUNT).op(I32.geU).branchIf(1);
  code.get(RESULTS).get(N).i32(2).op(I32.shl, I32.add);
  code.get(INDEX).get(N).i32(3).op(I32.shl, I32.add).access(I32.load, 0).get(FRAMES).op(I32.add);
  code.get(INDEX).get(N).i32(3).op(I32.shl, I32.add).access(I32.load, 4);
  code.get(BUDGET).call(judgeIndex).access(I32.store, 0);
  code.get(N).i32(1).op(I32.add).tee(N).setGlobal(Global.position).branch(0).end().end();
  return code;
}
