// Functions of the kernel that a filter may call, by their number in <linux/bpf.h>: sk_filter_func_proto() in net/core/filter.c and
// bpf_base_func_proto() in kernel/bpf/helpers.c.
import { Call } from '../../bpf/asm.js';
import { helperName } from '../../bpf/helper-functions.js';
import { type Instruction, PseudoCall } from '../../bpf/instruction.js';
import type { Emitter } from './emitter.js';
import { FRAME, Scratch } from './emitter.js';
import { Fault } from './imports.js';
import { emitDelete, emitLookup, emitOutput, emitReserve, emitSubmit, emitUpdate } from './map-calls.js';
import { I32, I64 } from './opcode.js';
import { emitLoadBytes, emitLoadBytesRelative } from './packet.js';
import { emitTailCall } from './tail-call.js';
import { RUN_IN_KERNEL } from './unit.js';

const EINVAL = -22;
const E2BIG = -7;
/** BPF_MAX_LOOPS */
const MAX_LOOPS = 1 << 23;

const zero = (e: Emitter) => {
  e.code.i64(0);
  e.pop(0);
};
const random = (e: Emitter) => {
  e.import('random');
  e.popLow(0);
};
const nothing = () => {};
/** One clock serves for all: time since boot differs by time asleep, the coarse one is late by a tick. */
const now = (e: Emitter) => {
  e.import('now').op(I64.truncF64U);
  e.pop(0);
};

const HELPERS: Readonly<Record<number, (e: Emitter) => void>> = {
  [Call.mapLookupElem]: emitLookup,
  [Call.mapUpdateElem]: emitUpdate,
  [Call.mapDeleteElem]: emitDelete,
  [Call.ktimeGetNs]: now,
  [Call.tracePrintk]: emitPrint,
  [Call.getPrandomU32]: random,
  [Call.getSmpProcessorId]: zero,
  [Call.tailCall]: emitTailCall,
  [Call.perfEventOutput]: (e) => emitOutput(e, 2),
  [Call.skbLoadBytes]: emitLoadBytes,
  [Call.getNumaNodeId]: zero,
  [Call.skbLoadBytesRelative]: emitLoadBytesRelative,
  [Call.ktimeGetBootNs]: now,
  [Call.ringbufOutput]: (e) => emitOutput(e, 1),
  [Call.ringbufReserve]: emitReserve,
  [Call.ringbufSubmit]: emitSubmit,
  [Call.ringbufDiscard]: nothing,
  [Call.ktimeGetCoarseNs]: now,
  [Call.loop]: emitLoop,
};

export function emitCall(e: Emitter, i: Instruction): void {
  if (i.src === PseudoCall.Local) emitLocalCall(e, i.target!);
  else if (i.src === PseudoCall.Kfunc)
    e.unsupported(`the kernel's function ${i.kfunc ?? i.imm}() is called`, RUN_IN_KERNEL);
  else {
    const emit = HELPERS[i.imm];
    if (emit === undefined)
      e.unsupported(`${helperName(i.imm) ?? `helper ${i.imm}`}() is not there`, RUN_IN_KERNEL);
    emit(e);
  }
}

function emitLocalCall(e: Emitter, label: string): void {
  for (const register of [1, 2, 3, 4, 5]) e.push(register);
  e.pushCalleeFrame().call(functionAt(e, label));
  e.pop(0);
}

const functionAt = (e: Emitter, label: string) => e.unit.functions.get(e.unit.program.labels.get(label)!)!;

/** (r1: count, r2: function, r3: its argument, r4: flags) → rounds, the last of which answered other than 0. */
function emitLoop(e: Emitter): void {
  const { code } = e;
  const callback = e.known(2);
  if (callback.kind !== 'function')
    e.unsupported('bpf_loop() is given a function that is not known before it runs', RUN_IN_KERNEL);
  e.push(4).i64(0).op(I64.ne).if().i64(EINVAL);
  e.pop(0);
  code.else();
  e.pushLow(1).i32(MAX_LOOPS).op(I32.gtU).if().i64(E2BIG);
  e.pop(0);
  code.else().i32(0).set(Scratch.count).block().loop();
  code.get(Scratch.count);
  e.pushLow(1).op(I32.geU).branchIf(1);
  code.get(Scratch.count).op(I64.extendI32U);
  e.push(3).i64(0).i64(0).i64(0);
  e.pushCalleeFrame().call(functionAt(e, callback.label)).set(Scratch.wide);
  code.get(Scratch.count).i32(1).op(I32.add).set(Scratch.count);
  code.get(Scratch.wide).op(I64.eqz).branchIf(0).end().end();
  code.get(Scratch.count);
  e.popLow(0);
  code.end().end();
}

/** (r1: format, r2: its length, r3 to r5: arguments) → octets printed. */
function emitPrint(e: Emitter): void {
  const { code } = e;
  const { layout } = e.unit;
  e.pushLow(2);
  e.addressOfLength(1, false);
  [3, 4, 5].forEach((register, n) => {
    code.i32(layout.arguments);
    e.push(register).access(I64.store, n * 8);
  });
  code.get(Scratch.at).get(Scratch.count).i32(layout.arguments);
  e.import('print');
  e.popSigned(0);
}

/** At the start of a function that others call: it costs, and there must be stack for it. */
export function emitEntry(e: Emitter, size: number): void {
  e.charge(size);
  e.code.get(FRAME).i32(e.unit.layout.writable).op(I32.ltU).if();
  e.fault(Fault.Depth);
  e.code.end();
}
