import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { EvlnetError } from '../errors.js';
import { claimPath } from '../linux/claim.js';
import { ownIdentity } from '../linux/process.js';
import { claimFile } from './name.js';

const WAIT_MS = 20_000;

/** Runs `work` while no other process builds or removes this lab; a killed one's turn is taken over. */
export async function exclusively<T>(act: string, name: string, work: () => Promise<T>): Promise<T> {
  mustBeRoot(act);
  const path = claimFile(name);
  mkdirSync(dirname(path), { recursive: true });
  const outcome = claimPath(path, { ...ownIdentity() }, WAIT_MS);
  if ('holder' in outcome)
    throw new EvlnetError(
      'EVL_LAB_BUSY',
      `Cannot ${act}: process ${outcome.holder.identity.pid} is building or removing it`,
      { hint: 'wait for it to end' },
    );
  try {
    return await work();
  } finally {
    outcome.claim.release();
  }
}

/** Even looking into a network namespace takes it. */
export function mustBeRoot(act: string): void {
  if (process.geteuid?.() !== 0)
    throw new EvlnetError('EVL_PERMISSION', `Cannot ${act}: Operation not permitted`, {
      hint: 'run as root: a lab is made of network namespaces',
    });
}
