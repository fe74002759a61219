// eBPF to WebAssembly: every function of the program becomes one of the module, registers become its variables.
import { Call } from '../../bpf/asm.js';
import { CALL, Class, type Instruction, isWide, Mode, Pseudo } from '../../bpf/instruction.js';
import type { ObjectSpec } from '../../bpf/object.js';
import type { ProgramSpec } from '../../bpf/program.js';
import { checkInstructions, isExit, isFunctionAddress, isLocalCall } from '../../bpf/strict.js';
import { analyse } from '../analysis/analyse.js';
import { refuseContextUse } from '../context-use.js';
import { emitAlu } from './alu.js';
import { emitCall, emitEntry } from './calls.js';
import { Emitter, LOCALS, SIGNATURE } from './emitter.js';
import { type Graph, graph } from './graph.js';
import { isInline, lookupFunction } from './hash-lookup.js';
import { IMPORTS } from './imports.js';
import { isPossible, type Layout, layOut, RECORDS_LENGTH } from './layout.js';
import { emitAtomic, emitLoad, emitStore } from './memory.js';
import { encodeModule, type ModuleFunction } from './module.js';
import { Op } from './opcode.js';
import { emitFrameLoad } from './packet.js';
import { emitBlocks } from './structure.js';
import { type ContextShape, RUN_IN_KERNEL, refusal, type Unit } from './unit.js';

export interface Translation {
  readonly octets: Uint8Array;
  readonly layout: Layout;
}

/** Larger ones would take the compiler of WebAssembly longer than anybody waits. */
const MAX_INSTRUCTIONS = 1 << 15;
const MAX_MEMORY = 1 << 30;

/** A module with the program's entry as `entry`, and `drivers` that call it: the first of them gets the number `first`. */
export function translate(
  object: ObjectSpec,
  program: ProgramSpec,
  shape: ContextShape,
  drivers: (unit: Unit, entry: number, first: number) => readonly ModuleFunction[] = () => [],
): Translation {
  checkInstructions(program);
  const { instructions } = program;
  const refuse = (index: number, reason: string, hint = RUN_IN_KERNEL) => {
    throw refusal({ object, program }, index, reason, hint);
  };
  if (instructions.length > MAX_INSTRUCTIONS)
    refuse(0, `${instructions.length} instructions are more than ${MAX_INSTRUCTIONS}`);
  for (const [name, spec] of object.maps)
    if (!isPossible(spec)) refuse(0, `map "${name}" is one that no kernel makes`, 'correct its sizes');
  instructions.forEach((i, index) => {
    if (i.map !== undefined && !object.maps.has(i.map))
      refuse(index, `there is no map "${i.map}"`, 'compile the object again');
  });
  const wantsRecords = instructions.some(
    (i) => i.opcode === (Class.JMP | CALL) && i.imm === Call.ringbufReserve,
  );
  const layout = layOut(object.maps, shape.length, wantsRecords);
  if (layout.frames > MAX_MEMORY) refuse(0, `its maps want ${layout.end} octets, more than ${MAX_MEMORY}`);

  const entries = entriesOf(program);
  const inside = [...layout.maps.values()].filter(isInline);
  const first = IMPORTS.length + entries.length;
  const analysis = analyse(program);
  refuseContextUse(object.name, 'WebAssembly', program, analysis);
  const unit: Unit = {
    object,
    program,
    analysis,
    layout,
    shape,
    functions: new Map(entries.map((at, n) => [at, IMPORTS.length + n])),
    lookups: new Map(inside.map(({ index }, n) => [index, first + n])),
    recordsLeft: RECORDS_LENGTH,
  };
  const functions = [...entries.map((at) => functionAt(unit, at)), ...inside.map(lookupFunction)];
  const octets = encodeModule({
    imports: IMPORTS,
    functions: [...functions, ...drivers(unit, IMPORTS.length, IMPORTS.length + functions.length)],
    globals: [{}, {}, { exportedAs: 'budget' }, { exportedAs: 'position' }],
  });
  return { octets, layout };
}

/** First instructions of the functions: of the program, and of all that it calls. */
function entriesOf(program: ProgramSpec): number[] {
  const called = program.instructions.filter((i) => isLocalCall(i) || isFunctionAddress(i));
  return [...new Set([0, ...called.map((i) => program.labels.get(i.target!)!)])];
}

function functionAt(unit: Unit, at: number): ModuleFunction {
  const e = new Emitter(unit);
  const blocks = graph(unit.program, at);
  e.index = at;
  e.enter();
  if (at !== 0) emitEntry(e, sizeOf(blocks));
  emitBlocks(e, blocks, (i) => emit(e, i));
  return { type: SIGNATURE, locals: LOCALS, code: e.code, ...(at === 0 ? { exportedAs: 'entry' } : {}) };
}

const sizeOf = ({ blocks }: Graph) => blocks.reduce((sum, b) => sum + b.end - b.first, 0);

function emit(e: Emitter, i: Instruction): void {
  switch (i.opcode & 0x07) {
    case Class.ALU:
    case Class.ALU64:
      emitAlu(e, i);
      break;
    case Class.LDX:
      emitLoad(e, i);
      break;
    case Class.ST:
    case Class.STX:
      if ((i.opcode & 0xe0) === Mode.ATOMIC) emitAtomic(e, i);
      else emitStore(e, i);
      break;
    case Class.LD:
      if (isWide(i)) emitImmediate(e, i);
      else emitFrameLoad(e, i);
      break;
    default:
      if (isExit(i)) e.push(0).op(Op.return);
      else emitCall(e, i);
  }
}

function emitImmediate(e: Emitter, i: Instruction): void {
  const map = i.map === undefined ? undefined : e.unit.layout.maps.get(i.map)!;
  const isValue = i.src === Pseudo.MapValue;
  if (map !== undefined && isValue) e.code.i64(map.at + i.imm);
  // A map or a function is no address that could be read: only calls know what is meant.
  else if (i.src !== 0) e.code.i64(0);
  else e.code.i64((BigInt(i.high ?? (i.imm < 0 ? -1 : 0)) << 32n) | BigInt(i.imm >>> 0));
  e.pop(i.dst);
}
