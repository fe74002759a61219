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
import { reachablePrograms } from './tail-call.js';
import { type ContextShape, RUN_IN_KERNEL, refusal, type Unit } from './unit.js';

export interface Translation {
  readonly octets: Uint8Array;
  readonly layout: Layout;
  /** Of the program and of those that its tail calls lead to: a fault's number is among them. */
  readonly instructions: readonly Instruction[];
}

/** Larger ones would take the compiler of WebAssembly longer than anybody waits. */
const MAX_INSTRUCTIONS = 1 << 15;
/** Of a function. From some 5,500 on, V8's optimizing compiler runs out of memory and takes the process with it (13.6, Node 24). */
const MAX_BLOCKS = 4096;
const MAX_MEMORY = 1 << 30;

/** A module with the program's entry as `entry`, and `drivers` that call it: the first of them gets the number `first`. */
export function translate(
  object: ObjectSpec,
  program: ProgramSpec,
  shape: ContextShape,
  drivers: (units: readonly Unit[], entry: number, first: number) => readonly ModuleFunction[] = () => [],
): Translation {
  const programs = reachablePrograms(object, program);
  for (const one of programs) check(object, one);
  const wantsRecords = programs.some(({ instructions }) => instructions.some(reservesRecord));
  const layout = layOut(object.maps, shape.length, wantsRecords);
  if (layout.frames > MAX_MEMORY) {
    const reason = `its maps want ${layout.end} octets, more than ${MAX_MEMORY}`;
    throw refusal({ object, program }, 0, reason, RUN_IN_KERNEL);
  }

  // Numbers: what is imported, the functions of the programs, those that look into maps, the drivers.
  let next = IMPORTS.length;
  let base = 0;
  const numbered = programs.map((one) => {
    const functions = new Map(entriesOf(one).map((at) => [at, next++]));
    const from = base;
    base += one.instructions.length;
    return { program: one, functions, base: from };
  });
  const inside = [...layout.maps.values()].filter(isInline);
  const shared = {
    object,
    layout,
    shape,
    programs: new Map(numbered.map((one) => [one.program.name, one.functions.get(0)!])),
    lookups: new Map(inside.map(({ index }) => [index, next++])),
    records: { left: RECORDS_LENGTH },
  };
  const units = numbered.map((one): Unit => {
    const analysis = analyse(one.program);
    refuseContextUse(object.name, 'WebAssembly', one.program, analysis);
    return { ...shared, ...one, analysis };
  });
  const functions = [
    ...units.flatMap((unit) => [...unit.functions.keys()].map((at) => functionAt(unit, at))),
    ...inside.map(lookupFunction),
  ];
  const octets = encodeModule({
    imports: IMPORTS,
    functions: [...functions, ...drivers(units, IMPORTS.length, next)],
    globals: [{}, {}, { exportedAs: 'budget' }, { exportedAs: 'position' }, {}],
  });
  return { octets, layout, instructions: programs.flatMap((one) => one.instructions) };
}

/** Throws where the program is none, or none for WebAssembly. */
function check(object: ObjectSpec, program: ProgramSpec): void {
  const refuse = (index: number, reason: string, hint = RUN_IN_KERNEL) => {
    throw refusal({ object, program }, index, reason, hint);
  };
  checkInstructions(program);
  const { instructions } = program;
  if (instructions.length > MAX_INSTRUCTIONS)
    refuse(0, `${instructions.length} instructions are more than ${MAX_INSTRUCTIONS}`);
  for (const [name, spec] of object.maps)
    if (!isPossible(spec)) refuse(0, `map "${name}" is one that no kernel makes`, 'correct its sizes');
  instructions.forEach((i, index) => {
    if (i.map !== undefined && !object.maps.has(i.map))
      refuse(index, `there is no map "${i.map}"`, 'compile the object again');
  });
}

const reservesRecord = (i: Instruction) => i.opcode === (Class.JMP | CALL) && i.imm === Call.ringbufReserve;

/** First instructions of the functions: of the program, and of all that it calls. */
const entriesOf = (program: ProgramSpec) => [...new Set([0, ...calledFrom(program)])];
const calledFrom = ({ instructions, labels }: ProgramSpec) =>
  instructions.filter((i) => isLocalCall(i) || isFunctionAddress(i)).map((i) => labels.get(i.target!)!);

function functionAt(unit: Unit, at: number): ModuleFunction {
  const e = new Emitter(unit);
  const blocks = graph(unit.program, at);
  const count = blocks.blocks.length;
  if (count > MAX_BLOCKS)
    throw refusal(unit, at, `${count} blocks between its jumps are more than ${MAX_BLOCKS}`, RUN_IN_KERNEL);
  const isFirst = at === 0 && unit.base === 0;
  e.index = at;
  e.enter();
  if (!isFirst || calledFrom(unit.program).includes(0)) emitEntry(e, sizeOf(blocks));
  emitBlocks(e, blocks, (i) => emit(e, i));
  return { type: SIGNATURE, locals: LOCALS, code: e.code, ...(isFirst ? { exportedAs: 'entry' } : {}) };
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
