import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

/** The state file, absolute, and whether somebody named it: then what runs lives beside it, not in /run. */
export interface StatePath {
  file: string;
  explicit: boolean;
}

/** Where the state of the machine is kept. */
export const SYSTEM_STATE = '/var/lib/evlnet/state.json';

/** `-state FILE` > $EVLNET_STATE > /var/lib/evlnet/state.json > the user's own, where that does not exist. */
export function statePath(
  flag?: string,
  env: NodeJS.ProcessEnv = process.env,
  system = SYSTEM_STATE,
  isRoot = process.getuid?.() === 0,
): StatePath {
  // An empty variable is as good as none (POSIX: "unset or null").
  const named = flag || env.EVLNET_STATE;
  if (named) return { file: resolve(named), explicit: true };
  if (isRoot || existsSync(system)) return { file: system, explicit: false };
  return { file: join(userFolder(env), 'evlnet', 'state.json'), explicit: false };
}

// XDG Base Directory Specification: a relative path is invalid and to be ignored.
function userFolder(env: NodeJS.ProcessEnv): string {
  const { XDG_STATE_HOME: named, HOME: home } = env;
  return named && isAbsolute(named) ? named : join(home || homedir(), '.local', 'state');
}
