// RFC 9669 §4.3: the condition of a branch.
import { Class, type Instruction, Jump, Source } from '../../bpf/instruction.js';
import type { Emitter } from './emitter.js';
import { I32, I64 } from './opcode.js';

const COMPARISONS: Readonly<
  Record<number, 'eq' | 'gtU' | 'geU' | 'ne' | 'gtS' | 'geS' | 'ltU' | 'leU' | 'ltS' | 'leS'>
> = {
  [Jump['==']]: 'eq',
  [Jump['>']]: 'gtU',
  [Jump['>=']]: 'geU',
  [Jump['!=']]: 'ne',
  [Jump['s>']]: 'gtS',
  [Jump['s>=']]: 'geS',
  [Jump['<']]: 'ltU',
  [Jump['<=']]: 'leU',
  [Jump['s<']]: 'ltS',
  [Jump['s<=']]: 'leS',
};

/** Pushes 1 where the branch is taken. */
export function pushCondition(e: Emitter, i: Instruction): void {
  const isWide = (i.opcode & 0x07) === Class.JMP;
  const isRegister = (i.opcode & Source.X) !== 0;
  if (isWide) e.push(i.dst);
  else e.pushLow(i.dst);
  if (!isRegister) {
    if (isWide) e.code.i64(i.imm);
    else e.code.i32(i.imm);
  } else if (isWide) e.push(i.src);
  else e.pushLow(i.src);
  const operation = i.opcode & 0xf0;
  if (operation !== Jump['&']) {
    e.code.op((isWide ? I64 : I32)[COMPARISONS[operation]!]);
    return;
  }
  if (isWide) e.code.op(I64.and).i64(0).op(I64.ne);
  else e.code.op(I32.and).i32(0).op(I32.ne);
}
