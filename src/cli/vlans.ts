import { parseVlanList, type VlanSet } from '../filter/vlan-set.js';
import type { Context } from './context.js';

/** The set that the words after the verb spell; nothing is the empty set. */
export const givenList = (context: Context): VlanSet =>
  parseVlanList(context.arguments.list('LIST').join(' '));
