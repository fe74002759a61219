// The types of the running kernel.
import { readFileSync } from 'node:fs';
import { Btf, Kind } from '../bpf/btf.js';
import type { Instruction } from '../bpf/instruction.js';
import type { ProgramSpec } from '../bpf/program.js';
import { EvlnetError, Exit } from '../errors.js';

let kernel: Btf | undefined;

/** Read when first asked for: some 6 MB with more than 100,000 types. */
function kernelBtf(): Btf {
  try {
    kernel ??= new Btf(readFileSync('/sys/kernel/btf/vmlinux'));
    return kernel;
  } catch (cause) {
    throw new EvlnetError('EVL_NO_BTF', 'Cannot read the types of the kernel: it has no BTF', {
      hint: 'this needs a kernel with CONFIG_DEBUG_INFO_BTF',
      exit: Exit.Unsupported,
      cause,
    });
  }
}

/** Throws EVL_NO_BTF. */
export const hasKfunc = (name: string): boolean => kernelBtf().find(Kind.Func, name) !== 0;

/** The program with the kernel's ids in the place of the names of its functions. */
export function withKfuncs(spec: ProgramSpec): ProgramSpec {
  if (!spec.instructions.some((i) => i.kfunc !== undefined)) return spec;
  const ids = new Map<string, number>();
  const id = (name: string): number => {
    const known = ids.get(name) ?? kernelBtf().find(Kind.Func, name);
    if (known === 0)
      throw new EvlnetError(
        'EVL_NO_KFUNC',
        `Cannot load BPF program "${spec.name}": this kernel has no function "${name}" for it`,
        {
          exit: Exit.Unsupported,
        },
      );
    ids.set(name, known);
    return known;
  };
  const resolve = (i: Instruction): Instruction => (i.kfunc === undefined ? i : { ...i, imm: id(i.kfunc) });
  return { ...spec, instructions: spec.instructions.map(resolve) };
}
