import { parseVlanList, ranges, type VlanRange, type VlanSet } from '../filter/vlan-set.js';
import type { Context } from './context.js';
import type { View } from './print/printer.js';

export interface VlansRecord {
  readonly vlans: readonly VlanRange[];
}

export const vlansRecord = (list: string): VlansRecord => ({ vlans: ranges(parseVlanList(list)) });

/** The text of /sys/class/evl/net/vlans. */
export const vlansView: View<VlansRecord> = { text: ({ vlans }) => [vlans.map(word).join(',')] };

const word = ({ vlan, vlanEnd }: VlanRange) => (vlanEnd === undefined ? `${vlan}` : `${vlan}-${vlanEnd}`);

/** The set that the words after the verb spell; nothing is the empty set. */
export const givenList = (context: Context): VlanSet =>
  parseVlanList(context.arguments.list('LIST').join(' '));
