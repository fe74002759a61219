import { type ObjectProgram, type ObjectSpec, readObject } from '../bpf/object.js';
import { ProgramType } from '../bpf/program.js';
import { EvlnetError } from '../errors.js';
import { verifyUntouched } from '../filter/untouched.js';
import { verifyXdp } from '../filter/verify.js';
import { WasmFilter } from '../filter/wasm/filter.js';

/** Where a filter can run: as EVL loads it, at XDP, as WebAssembly. */
export type Where = 'kernel' | 'xdp' | 'wasm';

export interface Verification {
  readonly where: Where;
  /** Absent where it can run there. */
  readonly error?: EvlnetError;
  /** Why nobody knows. */
  readonly unknown?: string;
}

/** What an object file holds, and where each of its filters can run. */
export interface ObjectVerification {
  readonly object: ObjectSpec;
  readonly filters: readonly { readonly program: ObjectProgram; readonly at: readonly Verification[] }[];
  /** Programs that are no filters, by their section. */
  readonly others: readonly ObjectProgram[];
}

/** Throws EVL_OBJECT for what is no object file. */
export function verifyObject(octets: Uint8Array, name: string): ObjectVerification {
  const object = readObject(octets, name);
  const isFilter = ({ type }: ObjectProgram) => type === ProgramType.SocketFilter;
  return {
    object,
    filters: object.programs.filter(isFilter).map((program) => ({ program, at: verify(object, program) })),
    others: object.programs.filter((program) => !isFilter(program)),
  };
}

/** Tries each in turn: what the kernel refuses untouched is the author's error, and no reason to look further there. */
function verify(object: ObjectSpec, program: ObjectProgram): Verification[] {
  const untouched = attempt('kernel', () => verifyUntouched(object, program));
  const isRefused = untouched.error !== undefined;
  return [
    untouched,
    isRefused
      ? { where: 'xdp', unknown: 'the kernel refuses the filter itself' }
      : attempt('xdp', () => verifyXdp({ object, program }, false)),
    attempt('wasm', () => void WasmFilter.create(object, program)),
  ];
}

function attempt(where: Where, act: () => void): Verification {
  try {
    act();
    return { where };
  } catch (error) {
    if (!(error instanceof EvlnetError)) throw error;
    return error.code === 'EVL_PERMISSION'
      ? { where, unknown: 'that needs CAP_BPF and CAP_PERFMON' }
      : { where, error };
  }
}
