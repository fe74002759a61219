// Everything that can run a filter made of rules, and what it answers to a frame.
import type { ObjectSpec } from '../../../src/bpf/object.js';
import type { ProgramSpec } from '../../../src/bpf/program.js';
import { toXdp } from '../../../src/filter/to-xdp.js';
import { WasmFilter } from '../../../src/filter/wasm/filter.js';
import { createMap, loadProgram, testRun } from '../../../src/linux/bpf.js';
import { isRunnable } from './frames.js';

export interface Engine {
  readonly name: string;
  /** Undefined where it cannot run on such a frame. */
  verdict(frame: Uint8Array): number | undefined;
  close(): void;
}

/** The program as EVL runs it. */
export const untouched = (object: ObjectSpec): Engine => {
  const { run, close } = load(object, object.programs[0]!);
  return { name: 'kernel', verdict: (frame) => (isRunnable(frame) ? run(frame) : undefined), close };
};

export const xdp = (object: ObjectSpec): Engine => {
  const { run, close } = load(object, toXdp(object, object.programs[0]!, { verdictOnly: true }));
  return { name: 'xdp', verdict: run, close };
};

/** Each frame twice: as it is, and as a driver gives it that takes the outermost tag out. */
export const wasm = (object: ObjectSpec): Engine => {
  const filter = WasmFilter.create(object, object.programs[0]!);
  return {
    name: 'wasm',
    verdict(frame) {
      const view = viewOf(frame);
      const verdict = filter.judge(view, 0, frame.length);
      const tpid = view.getUint16(12);
      if ((tpid !== 0x8100 && tpid !== 0x88a8) || frame.length < 18) return verdict;
      const rest = Uint8Array.from([...frame.subarray(0, 12), ...frame.subarray(16)]);
      filter.setContext({ tag: { tpid, tci: view.getUint16(14) } });
      const beside = filter.judge(viewOf(rest), 0, rest.length);
      filter.setContext({});
      if (beside !== verdict) throw new Error(`${verdict}, and ${beside} with the tag beside the frame`);
      return verdict;
    },
    close() {},
  };
};

const viewOf = (frame: Uint8Array) => new DataView(frame.buffer, frame.byteOffset, frame.length);

function load(object: ObjectSpec, spec: ProgramSpec) {
  const maps = new Map([...object.maps].map(([name, map]) => [name, createMap(map)]));
  const closeMaps = () => {
    for (const map of maps.values()) map.close();
  };
  try {
    const program = loadProgram(spec, maps);
    return {
      run: (frame: Uint8Array) => testRun(program, frame).result,
      close() {
        program.close();
        closeMaps();
      },
    };
  } catch (error) {
    closeMaps();
    throw error;
  }
}
