import { MapType } from '../bpf/program.js';
import { EvlnetError, Exit } from '../errors.js';
import { capabilities } from '../linux/capabilities.js';
import type { FilterProgram } from './load.js';
import type { OpenFilter } from './open.js';
import { NO_STAMP, type Stamp } from './stamp.js';
import { toXdp } from './to-xdp.js';

/** license_is_gpl_compatible() of <linux/license.h>. */
const GPL = ['GPL', 'GPL v2', 'GPL and additional rights', 'Dual BSD/GPL', 'Dual MIT/GPL', 'Dual MPL/GPL'];

/**
 * For the XDP hook, loaded by a process with our privileges; with a `stamp` it stamps what it takes (stamp.ts), without the NIC's time where the
 * kernel would not have it ask; tapped it tells of all frames (tap.ts).
 */
export function translate(
  { object, program }: OpenFilter,
  anyEthertype: boolean,
  stamp: Stamp = NO_STAMP,
  isTapped = false,
): FilterProgram {
  if (isTapped && !GPL.includes(program.license))
    throw new EvlnetError(
      'EVL_NO_TAP',
      `Cannot dump what filter "${program.name}" decides about: its license is "${program.license}", and what copies frames is for GPL ones`,
      { exit: Exit.Unsupported, hint: 'declare a license that is compatible with the GPL, if it is' },
    );
  const arrays = [...object.maps.values()].filter((map) => map.type === MapType.ProgArray);
  // bpf_prog_map_compatible(): a bound program is no goal of tail calls and, in many kernels, makes none. Only GPL ones call kernel functions.
  const mayBeBound = arrays.length === 0 && GPL.includes(program.license);
  const options = {
    anyEthertype,
    stamp: mayBeBound ? stamp : { mark: stamp.mark },
    isTapped,
    withoutPerfmon: !capabilities().has('CAP_PERFMON'),
  };
  const names = arrays.flatMap((map) => [...(map.slots ?? [])].map(([, name]) => name));
  const tails = object.programs.filter((p) => names.includes(p.name));
  return {
    program: toXdp(object, program, options),
    maps: object.maps,
    tails: new Map(tails.map((tail) => [tail.name, toXdp(object, tail, options)])),
  };
}
