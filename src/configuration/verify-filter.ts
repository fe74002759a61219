import { EvlnetError } from '../errors.js';
import type { OpenFilter } from '../filter/open.js';
import type { Wanted } from '../filter/verify.js';
import type { Surroundings } from './surroundings.js';

/** Has the kernel look at the filter before it is recorded; who may not ask the kernel is warned. Throws what is wrong with it. */
export async function verify(
  { system, warn }: Surroundings,
  filter: OpenFilter,
  wanted: Wanted,
): Promise<void> {
  try {
    await system.verifyFilter(filter, wanted);
  } catch (error) {
    if (!(error instanceof EvlnetError) || error.code !== 'EVL_PERMISSION') throw error;
    warn('The kernel has not verified the filter: that needs CAP_BPF', 'a worker that cannot run it says so');
  }
}
