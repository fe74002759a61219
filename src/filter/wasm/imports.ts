import type { FunctionType } from './module.js';
import { Type } from './opcode.js';

const { i32, f64 } = Type;
const takes = (count: number, ...results: Type[]): FunctionType => ({
  parameters: new Array<Type>(count).fill(i32),
  results,
});

/** What a program calls in JavaScript. Addresses are checked before, 64-bit numbers stay behind: they would be BigInts. */
export const IMPORTS = [
  /** (Fault, instruction) */
  { name: 'fault', type: takes(2) },
  /** (map, key) → address of the value, or 0 */
  { name: 'lookup', type: takes(2, i32) },
  /** (map, key, value, flags) → 0 or -errno */
  { name: 'update', type: takes(4, i32) },
  /** (map, key) → 0 or -errno */
  { name: 'remove', type: takes(2, i32) },
  /** () → nanoseconds */
  { name: 'now', type: takes(0, f64) },
  { name: 'random', type: takes(0, i32) },
  /** (format, its length, three arguments of 64 bits) → octets printed */
  { name: 'print', type: takes(3, i32) },
  /** A record that nobody reads. */
  { name: 'record', type: takes(0) },
] as const;

export type ImportName = (typeof IMPORTS)[number]['name'];
export const importIndex = (name: ImportName) => IMPORTS.findIndex((i) => i.name === name);

/** The variables of an instance. */
export const Global = {
  /** First octet behind the MAC header: a filter's offset 0. */
  packet: 0,
  /** Octets from there to the end of the frame. */
  length: 1,
  /** Instructions that the program may still run. */
  budget: 2,
  /** Frame of the batch that is being judged. */
  position: 3,
  /** bpf_tail_call()s that this frame was through. */
  tailCalls: 4,
} as const;

/** Why a program was stopped. */
export const Fault = { Budget: 1, Address: 2, Depth: 3 } as const;
export type Fault = (typeof Fault)[keyof typeof Fault];
