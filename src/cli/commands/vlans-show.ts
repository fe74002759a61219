import { readState } from '../../state/file.js';
import type { Context } from '../context.js';
import { vlansRecord, vlansView } from '../vlans.js';

/** `evlnet vlans` */
export async function run({ print, state, stateOptions }: Context): Promise<number> {
  await print.records(vlansView, [vlansRecord(readState(state.file, stateOptions).vlans)]);
  return 0;
}
