import { closeSync, openSync } from 'node:fs';
import { close, dup, dup2, must } from './libc.js';

const STDERR = 2;

/** Runs `act` while descriptor 2 leads nowhere: for libraries that print where they should answer. */
export function quietly<T>(act: () => T): T {
  const kept = must(dup(STDERR), 'duplicate a descriptor');
  const nowhere = openSync('/dev/null', 'w');
  try {
    dup2(nowhere, STDERR);
    return act();
  } finally {
    dup2(kept, STDERR);
    close(kept);
    closeSync(nowhere);
  }
}
