import type { ObjectSpec } from '../../../src/bpf/object.js';
import type { ProgramSpec } from '../../../src/bpf/program.js';
import { Memory } from '../../../src/filter/wasm/memory-view.js';
import { translate } from '../../../src/filter/wasm/translate.js';
import type { ContextShape } from '../../../src/filter/wasm/unit.js';

/** A program that is told of plain memory instead of a packet. */
const MEMORY: ContextShape = {
  length: 256,
  refuses: (offset, length) =>
    offset >= 0 && offset + length <= 256 ? undefined : 'outside of the memory that it was given',
};
const BUDGET = 1_000_000;

export const objectOf = (program: ProgramSpec): ObjectSpec => ({
  name: `${program.name}.o`,
  license: 'GPL',
  programs: [],
  maps: new Map(),
  btf: undefined,
  notes: [],
});

/** r0 after the program ran with the address of `octets` in r1 and their number in r2. Throws where it is refused or stopped. */
export function runProgram(program: ProgramSpec, octets: Uint8Array = new Uint8Array()): bigint {
  const { octets: module, layout } = translate(objectOf(program), program, MEMORY);
  const memory = new Memory(layout.frames);
  memory.octets.set(octets, layout.context);
  const functions = {
    fault: (reason: number, instruction: number) => {
      throw new Error(`stopped at instruction ${instruction}: ${reason}`);
    },
    now: () => 0,
    random: () => 0,
    lookup: () => 0,
    update: () => 0,
    remove: () => 0,
    print: () => 0,
    record: () => {},
  };
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module), {
    evlnet: { memory: memory.memory, ...functions },
  });
  const { entry, budget } = instance.exports as {
    entry(...registers: (bigint | number)[]): bigint;
    budget: WebAssembly.Global;
  };
  budget.value = BUDGET;
  const context = octets.length > 0 ? BigInt(layout.context) : 0n;
  return BigInt.asUintN(64, entry(context, BigInt(octets.length), 0n, 0n, 0n, layout.stack));
}
