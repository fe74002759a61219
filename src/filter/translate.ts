import { MapType } from '../bpf/program.js';
import { capabilities } from '../linux/capabilities.js';
import type { FilterProgram } from './load.js';
import type { OpenFilter } from './open.js';
import { toXdp } from './to-xdp.js';

/** For the XDP hook, loaded by a process with our privileges; with a `mark` it stamps what it takes (stamp.ts). */
export function translate({ object, program }: OpenFilter, anyEthertype: boolean, mark = 0): FilterProgram {
  const options = { anyEthertype, mark, withoutPerfmon: !capabilities().has('CAP_PERFMON') };
  const names = [...object.maps.values()]
    .filter((map) => map.type === MapType.ProgArray)
    .flatMap((map) => [...(map.slots ?? [])].map(([, name]) => name));
  const tails = object.programs.filter((p) => names.includes(p.name));
  return {
    program: toXdp(object, program, options),
    maps: object.maps,
    tails: new Map(tails.map((tail) => [tail.name, toXdp(object, tail, options)])),
  };
}
