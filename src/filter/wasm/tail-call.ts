// bpf_tail_call(): the program that stands in the array goes on in the place of this one. kernel/bpf/arraymap.c, prog_fd_array.
import type { ObjectSpec } from '../../bpf/object.js';
import { MapType, type ProgramSpec } from '../../bpf/program.js';
import type { Emitter } from './emitter.js';
import { FRAME } from './emitter.js';
import { Global } from './imports.js';
import { I32, Op } from './opcode.js';
import { RUN_IN_KERNEL } from './unit.js';

/** MAX_TAIL_CALL_CNT */
const MAX_TAIL_CALLS = 33;

/** The program itself, and those of its object that tail calls may lead to. */
export function reachablePrograms(object: ObjectSpec, program: ProgramSpec): ProgramSpec[] {
  const found = [program];
  for (const { instructions } of found)
    for (const { map } of instructions) {
      const spec = map === undefined ? undefined : object.maps.get(map);
      if (spec?.type !== MapType.ProgArray) continue;
      for (const name of spec.slots?.values() ?? []) {
        const next = name === program.name ? program : object.programs.find((p) => p.name === name);
        if (next !== undefined && !found.includes(next)) found.push(next);
      }
    }
  return found;
}

/** (r1: context, r2: map, r3: index): where nothing is there, or too many went before, the program goes on. */
export function emitTailCall(e: Emitter): void {
  const { code, unit } = e;
  const v = e.known(2);
  const slots = v.kind === 'map' ? unit.layout.maps.get(v.map)?.spec : undefined;
  if (slots?.type !== MapType.ProgArray)
    e.unsupported('bpf_tail_call() is given a map that is not known before it runs', RUN_IN_KERNEL);
  for (const [index, name] of slots.slots ?? []) {
    const entry = unit.programs.get(name);
    if (entry === undefined) continue;
    e.pushLow(3).i32(index).op(I32.eq);
    code.getGlobal(Global.tailCalls).i32(MAX_TAIL_CALLS).op(I32.ltU, I32.and).if();
    code.getGlobal(Global.tailCalls).i32(1).op(I32.add).setGlobal(Global.tailCalls);
    code.i64(unit.layout.context).i64(0).i64(0).i64(0).i64(0).get(FRAME).call(entry).op(Op.return);
    code.end();
  }
}
