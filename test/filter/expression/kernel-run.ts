import type { ObjectSpec } from '../../../src/bpf/object.js';
import { createMap, loadProgram, testRun } from '../../../src/linux/bpf.js';

export interface Run {
  verdict(frame: Uint8Array): number;
  /** Sum over all CPUs. */
  hits(rule: number): number;
  close(): void;
}

/** The object's program, in the kernel as EVL would load it. */
export function kernelRun(object: ObjectSpec): Run {
  const maps = new Map([...object.maps].map(([name, spec]) => [name, createMap(spec)]));
  const close = () => {
    for (const map of maps.values()) map.close();
  };
  try {
    const program = loadProgram(object.programs[0]!, maps);
    return {
      verdict: (frame) => testRun(program, frame).result,
      hits: (rule) => maps.get('rule_hits')!.sum(rule),
      close: () => {
        program.close();
        close();
      },
    };
  } catch (error) {
    close();
    throw error;
  }
}
