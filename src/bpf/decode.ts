// RFC 9669 §4: octets to instructions.
import { CALL, Class, EXIT, type Instruction } from './instruction.js';
import { refusal } from './refusal.js';

export interface Decoded {
  readonly instructions: readonly Instruction[];
  /** Instruction → slot of 8 octets that it starts at. */
  readonly slots: readonly number[];
  /** Slot → instruction; -1 for the second half of a 64-bit immediate. */
  readonly indexes: Int32Array;
}

const WIDE = 0x18;
/** The jump through a register knows no label. */
const GOTOX = 0x0d;

/** Instructions as they stand: jumps are not followed, names not known. */
export function decode(octets: Uint8Array): Decoded {
  if (octets.length % 8 !== 0) throw refusal(`${octets.length} octets are no whole number of instructions`);
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  const instructions: Instruction[] = [];
  const slots: number[] = [];
  const indexes = new Int32Array(octets.length / 8).fill(-1);
  for (let at = 0; at < octets.length; at += 8) {
    const opcode = octets[at]!;
    const registers = octets[at + 1]!;
    indexes[at / 8] = instructions.length;
    slots.push(at / 8);
    const instruction = {
      opcode,
      dst: registers & 0xf,
      src: registers >> 4,
      offset: view.getInt16(at + 2, true),
      imm: view.getInt32(at + 4, true),
    };
    if (opcode !== WIDE) {
      instructions.push(instruction);
      continue;
    }
    at += 8;
    if (at === octets.length || view.getInt32(at, true) !== 0)
      throw refusal(`instruction ${instructions.length} is half of a 64-bit immediate`);
    instructions.push({ ...instruction, high: view.getInt32(at + 4, true) });
  }
  return { instructions, slots, indexes };
}

/** Slots that a jump goes on from the next one; undefined if it is no jump within its function. */
export function distance({ opcode, offset, imm }: Instruction): number | undefined {
  const group = opcode & 7;
  if (group !== Class.JMP && group !== Class.JMP32) return undefined;
  const operation = opcode & 0xf0;
  if (operation === CALL || operation === EXIT || opcode === GOTOX) return undefined;
  // `gotol`: the jump of the 32-bit class is the far one, without a condition.
  return opcode === Class.JMP32 ? imm : offset;
}
