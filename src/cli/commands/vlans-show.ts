import { parseVlanList, ranges, type VlanRange } from '../../filter/vlan-set.js';
import { readState } from '../../state/file.js';
import type { Context } from '../context.js';
import type { View } from '../print/printer.js';

interface VlansRecord {
  readonly vlans: readonly VlanRange[];
}

const word = ({ vlan, vlanEnd }: VlanRange) => (vlanEnd === undefined ? `${vlan}` : `${vlan}-${vlanEnd}`);

/** The text of /sys/class/evl/net/vlans. */
const view: View<VlansRecord> = { text: ({ vlans }) => [vlans.map(word).join(',')] };

/** `evlnet vlans` */
export async function run({ print, state, stateOptions }: Context): Promise<number> {
  const set = parseVlanList(readState(state.file, stateOptions).vlans);
  await print.records(view, [{ vlans: ranges(set) }]);
  return 0;
}
