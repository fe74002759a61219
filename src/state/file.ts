import { isDeepStrictEqual } from 'node:util';
import { EvlnetError } from '../errors.js';
import {
  load,
  loadRepaired,
  readBackup,
  readInstead,
  readText,
  type Sound,
  type StateOptions,
  setAside,
  writing,
} from './content.js';
import { draftChecked, encode } from './decode.js';
import { type Lock, takeLock } from './lock.js';
import { emptyState, SCHEMA, type StateDocument } from './schema.js';
import { keepAs, replaceFile, syncFolder, writablePath } from './write.js';

export type { StateOptions } from './content.js';

/**
 * The state in `file`; without the file, the empty state. Needs no root and no lock. A corrupt file (not JSON) is moved
 * aside and its backup restored, or where we may not write, the backup is read; both warn. Throws EVL_STATE_INVALID
 * (naming the key), EVL_STATE_NEWER, EVL_STATE_CORRUPT (there is no backup), EVL_PERMISSION.
 */
export function readState(file: string, options: StateOptions = {}): StateDocument {
  const content = load(file, options);
  if (!('corrupt' in content)) return content.state;
  if (options.repairs === false)
    throw new EvlnetError(
      'EVL_STATE_CORRUPT',
      `Cannot use state file "${file}" as it is now: it is not JSON (${content.corrupt})`,
      { hint: 'the next command that may write it restores its backup' },
    );
  try {
    return locked(file, options, (real) => loadRepaired(real, options).state);
  } catch (error) {
    const isRefused = error instanceof EvlnetError && CANNOT_WRITE.has(error.code);
    if (!isRefused) throw error;
    return readInstead(file, content, options).state;
  }
}

/**
 * Changes the state: lock, read, `change`, `rev` + 1, validate, backup, replace. Returns the new state; when `change`
 * changed nothing, nothing is written and `rev` stays. `change` edits the draft or returns another document. It may be
 * called again, on a fresh draft, when somebody wrote the file without its lock; it must not call `updateState`.
 */
export function updateState(
  file: string,
  // biome-ignore lint/suspicious/noConfusingVoidType: a change that edits the draft returns nothing
  change: (draft: StateDocument) => StateDocument | undefined | void,
  options: StateOptions = {},
): StateDocument {
  return transact(file, options, (real) => {
    const before = loadRepaired(real, options);
    const draft = structuredClone(before.state);
    const next = changed(before.state, change(draft) ?? draft);
    const isSame = before.schema === SCHEMA && isDeepStrictEqual(next, before.state);
    if (isSame) return { before, after: before.state };
    const after = draftChecked(file, { ...next, rev: before.state.rev + 1 });
    // An empty file is no state to go back to.
    return { before, after, backup: before.text?.trim() ? before.text : undefined };
  });
}

/**
 * An empty state in place of whatever the file holds. That is kept: a state as `.bak`, anything else aside with a
 * warning. The way out of EVL_STATE_INVALID, EVL_STATE_NEWER and EVL_STATE_CORRUPT.
 */
export function resetState(file: string, options: StateOptions = {}): StateDocument {
  return transact(file, options, (real) => {
    const { usable, ...before } = loadAnything(real, options);
    const after = { ...emptyState(), rev: before.state.rev + 1 };
    return { before, after, backup: usable ? before.text : undefined };
  });
}

const TURNS = 5;
const CANNOT_WRITE = new Set(['EVL_PERMISSION', 'EVL_FILE', 'EVL_STATE_LOCKED']);

/** What to write in place of `before`, and the text to keep as `.bak`; nothing is written when `after` is `before.state`. */
interface Step {
  before: Sound;
  after: StateDocument;
  backup?: string | undefined;
}

function transact(file: string, options: StateOptions, step: (real: string) => Step): StateDocument {
  for (let turn = 0; turn < TURNS; turn++) {
    const result = locked(file, options, (real, lock) => {
      const { before, after, backup } = step(real);
      if (after === before.state) return after;
      return writing(real, () => commit(real, before, after, backup, lock)) ? after : undefined;
    });
    if (result !== undefined) return result;
  }
  throw new EvlnetError(
    'EVL_STATE_LOCKED',
    `Cannot write state file "${file}": something else keeps writing it`,
    { hint: 'end what writes that file without its lock' },
  );
}

function locked<T>(file: string, options: StateOptions, act: (real: string, lock: Lock) => T): T {
  // Only our own calls are named so: an error that `change` throws is none of the state file's.
  const real = writing(file, () => writablePath(file));
  const lock = writing(real, () => takeLock(real, options.lockTimeoutMs));
  try {
    return act(real, lock);
  } finally {
    writing(real, () => lock.release());
  }
}

// As it would come back from the file: without undefined, and with the schema and rev that are not the caller's to set.
function changed(before: StateDocument, wanted: StateDocument): StateDocument {
  const plain = JSON.parse(JSON.stringify(wanted)) as StateDocument;
  return { ...plain, schema: SCHEMA, rev: before.rev };
}

/** False, with the state not written, when the file is not what `before` was made of any more. */
function commit(
  file: string,
  before: Sound,
  after: StateDocument,
  backup: string | undefined,
  lock: Lock,
): boolean {
  if (backup !== undefined) {
    keepAs(`${file}.bak`, file, backup);
    // The next change overwrites .bak, but who goes back to the older program needs this one.
    if (before.schema !== SCHEMA) keepAs(`${file}.schema-${before.schema}`, file, backup);
  }
  // The whole text says more than rev: an edit by hand may leave rev alone.
  const isStill = () => lock.isHeld() && readText(file) === before.text;
  if (!replaceFile(file, encode(after), isStill)) return false;
  syncFolder(file);
  return true;
}

function loadAnything(file: string, options: StateOptions): Sound & { usable: boolean } {
  let reason: string;
  let text: string | undefined;
  try {
    const content = load(file, options);
    if (!('corrupt' in content)) return { ...content, usable: true };
    ({ text } = content);
    reason = content.corrupt;
  } catch (error) {
    if (!(error instanceof EvlnetError) || !error.code.startsWith('EVL_STATE_')) throw error;
    text = readText(file);
    reason = error.message;
  }
  options.onWarning?.(`State file "${file}" was not usable (${reason}); it is kept as ${setAside(file)}`);
  const state = readBackup(file, options)?.state ?? emptyState();
  return { text, state: { ...state, rev: state.rev + 1 }, schema: SCHEMA, usable: false };
}
