import { constants, copyFileSync, readFileSync, statSync } from 'node:fs';
import { EvlnetError } from '../errors.js';
import { namingErrors } from '../linux/file-error.js';
import { type Decoded, decode, encode } from './decode.js';
import type { Migrations } from './migrate.js';
import { emptyState, SCHEMA } from './schema.js';
import { replaceFile, syncFolder } from './write.js';

export interface StateOptions {
  /** Told what was repaired, or could not be. */
  onWarning?: (message: string, hint?: string) => void;
  migrations?: Migrations;
  /** Whether a corrupt file is repaired; default true. Not by who looks again and again: it may be looked at while somebody writes it. */
  repairs?: boolean;
  /** How long to wait for other processes that change the state; 10 s unless told. */
  lockTimeoutMs?: number;
}

/** What the file holds; `text` is undefined where there is no file. */
export interface Sound extends Decoded {
  text: string | undefined;
}

/** What a file that is not JSON holds, and why it is not. */
export interface Corrupt {
  text: string;
  corrupt: string;
}

/** The file as it is. Throws what `decode` throws, and EVL_PERMISSION. */
export function load(file: string, options: StateOptions = {}): Sound | Corrupt {
  const text = readText(file);
  if (text === undefined) return { text, state: emptyState(), schema: SCHEMA };
  return { ...decode(file, text, options.migrations), text };
}

/** The file's text, undefined where there is none. */
export function readText(file: string): string | undefined {
  return namingErrors('read state file', file, NAME_ANOTHER, () => {
    const stat = statSync(file, { throwIfNoEntry: false });
    if (stat === undefined) return undefined;
    // Reading a FIFO would wait for ever, and replacing /dev/null would break the machine.
    if (!stat.isFile()) {
      throw new EvlnetError('EVL_FILE', `Cannot use state file "${file}": it is not a regular file`, {
        hint: NAME_ANOTHER,
      });
    }
    return readFileSync(file, 'utf8');
  });
}

/** `load`, and where the file is corrupt its backup in its place. The lock must be held. */
export function loadRepaired(file: string, options: StateOptions): Sound {
  const content = load(file, options);
  if (!('corrupt' in content)) return content;
  const backup = readBackup(file, options);
  if (backup === undefined) return withoutBackup(file, content, options);
  // The corrupt file had the rev after the backup's; a worker that runs it must see another one.
  const state = { ...backup.state, rev: backup.state.rev + 2 };
  const text = encode(state);
  const aside = setAside(file);
  writing(file, () => {
    replaceFile(file, text);
    syncFolder(file);
  });
  options.onWarning?.(
    `State file "${file}" was corrupt (${content.corrupt}); its backup is in use again`,
    `the last change is lost: look at "evlnet state show"; the corrupt file is kept as ${aside}`,
  );
  return { text, state, schema: SCHEMA };
}

/** What stands in for a corrupt file where nothing may be written; warns. */
export function readInstead(file: string, content: Corrupt, options: StateOptions): Sound {
  const backup = readBackup(file, options);
  if (backup === undefined) return withoutBackup(file, content, options);
  options.onWarning?.(
    `State file "${file}" is corrupt (${content.corrupt}); reading its backup instead`,
    'run the command once as root, which restores the backup',
  );
  return { ...backup, text: content.text };
}

/** Keeps a copy of `file` beside it and returns that name. A copy: between two renames the state would be missing. */
export function setAside(file: string): string {
  const aside = `${file}.corrupt-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`;
  writing(file, () => copyFileSync(file, aside, constants.COPYFILE_FICLONE));
  return aside;
}

/** The state before the last change, undefined where there is none or it is not usable either. */
export function readBackup(file: string, options: StateOptions): Decoded | undefined {
  try {
    const backup = load(`${file}.bak`, options);
    return 'corrupt' in backup || backup.text === undefined ? undefined : backup;
  } catch (error) {
    if (error instanceof EvlnetError) return undefined;
    throw error;
  }
}

/** Runs what writes `file`, with its errors made readable. */
export const writing = <T>(file: string, act: () => T): T =>
  namingErrors('write state file', file, NAME_ANOTHER, act);

const NAME_ANOTHER = 'name another file with -state FILE or EVLNET_STATE';

function withoutBackup(file: string, { text, corrupt }: Corrupt, options: StateOptions): Sound {
  // `mktemp` makes such a file: nothing is in it to be lost.
  if (text.trim() === '') {
    options.onWarning?.(`State file "${file}" is empty; starting with an empty state`);
    return { text, state: emptyState(), schema: SCHEMA };
  }
  throw new EvlnetError(
    'EVL_STATE_CORRUPT',
    `Cannot use state file "${file}": it is not JSON (${corrupt}) and has no backup`,
    { hint: 'correct the file, or start anew with "evlnet state reset"' },
  );
}
