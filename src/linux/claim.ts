import { randomBytes } from 'node:crypto';
import { linkSync, readdirSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { asIdentity, isAlive, type ProcessIdentity } from './process.js';

/** A file that exists as long as its owner holds what it stands for, and that outlives a killed owner. */
export interface Claim {
  readonly path: string;
  /** False when somebody removed or replaced the file behind our back. */
  isHeld(): boolean;
  release(): void;
}

/** Who has it. `content` is the JSON of the file. */
export interface Holder {
  identity: ProcessIdentity;
  content: Record<string, unknown>;
}

/** The holder that was found alive when the time was over, or the claim and the dead holder before it. */
export type Outcome = { claim: Claim; previous?: Holder } | { holder: Holder };

/**
 * Makes the file `path` with `content`, which names its owner, so that of all processes exactly one has it. A live
 * holder is waited for up to `waitMs`; a dead one's file is taken over. Throws what the file system throws.
 *
 *   link(2) is the atomic step: the file appears complete or not at all.
 *   PATH                 the claim, with a nonce that is never used again
 *   PATH.tmp-NONCE       its other name while we try
 *   PATH.dead-NONCE      the right to remove the claim with that nonce, itself a claim
 *
 * Without that right two takers could each see the dead holder, and the second would remove the first one's new file.
 */
export function claimPath(
  path: string,
  content: ProcessIdentity & Record<string, unknown>,
  waitMs = 0,
): Outcome {
  const nonce = randomBytes(8).toString('hex');
  const attempt: Attempt = {
    path,
    own: `${path}.tmp-${nonce}`,
    deadline: performance.now() + waitMs,
    previous: undefined,
  };
  // A write cut short by a full disk leaves a file too.
  try {
    writeFileSync(attempt.own, `${JSON.stringify({ ...content, nonce }, null, 2)}\n`, {
      flag: 'wx',
      mode: 0o644,
    });
    const holder = take(path, attempt);
    if (holder) return { holder };
  } finally {
    remove(attempt.own);
  }
  const isHeld = () => readNote(path)?.nonce === nonce;
  const claim = { path, isHeld, release: () => void (isHeld() && remove(path)) };
  return attempt.previous ? { claim, previous: attempt.previous } : { claim };
}

/** Who holds `path`, dead or alive; nothing where nobody does or the file is not one of ours. */
export function readHolder(path: string): Holder | undefined {
  return readNote(path)?.holder;
}

interface Attempt {
  path: string;
  own: string;
  deadline: number;
  previous: Holder | undefined;
}

interface Note {
  nonce: string;
  holder: Holder | undefined;
}

// Removing a dead claim takes three system calls, so a live remover is worth waiting for even by those who do not wait.
const REMOVAL_MS = 1000;

function take(target: string, attempt: Attempt): Holder | undefined {
  const patience = target === attempt.path ? attempt.deadline : performance.now() + REMOVAL_MS;
  for (let pauseMs = 0.5; ; pauseMs = Math.min(pauseMs * 2, 8)) {
    try {
      linkSync(attempt.own, target);
      return undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const note = readNote(target);
    if (note === undefined) continue;
    if (note.holder && isAlive(note.holder.identity)) {
      if (performance.now() >= patience) return note.holder;
      // Jitter, or sixteen waiters would come back at the same moment each time.
      pause(pauseMs * (0.5 + Math.random()));
      continue;
    }
    const rival = removeDead(target, note, attempt);
    if (rival) return rival;
  }
}

function removeDead(target: string, dead: Note, attempt: Attempt): Holder | undefined {
  const right = `${attempt.path}.dead-${dead.nonce}`;
  const rival = take(right, attempt);
  if (rival) return rival;
  try {
    // Who had the right before us may have used it; then the file is another one by now.
    if (readNote(target)?.nonce === dead.nonce) {
      if (target === attempt.path) attempt.previous = dead.holder;
      remove(target);
      if (dead.holder) sweep(attempt.path);
    }
  } finally {
    remove(right);
  }
  return undefined;
}

// A process killed between making its temporary name and removing it leaves that behind.
function sweep(path: string): void {
  const prefix = `${basename(path)}.tmp-`;
  for (const name of readdirSync(dirname(path))) {
    if (!name.startsWith(prefix)) continue;
    const file = join(dirname(path), name);
    const holder = readNote(file)?.holder;
    if (holder && !isAlive(holder.identity)) remove(file);
  }
}

function readNote(path: string): Note | undefined {
  let text: string;
  let unreadable: string;
  try {
    text = readFileSync(path, 'utf8');
    const { ino, mtimeMs } = statSync(path);
    unreadable = `${ino}-${Math.trunc(mtimeMs)}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  // A power failure may leave the name without the content: such a file has no owner, but needs a name of its own.
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return { nonce: unreadable, holder: undefined };
  }
  const identity = asIdentity(content);
  const { nonce } = (content ?? {}) as { nonce?: unknown };
  return {
    nonce: typeof nonce === 'string' && /^[0-9a-f]+$/.test(nonce) ? nonce : unreadable,
    holder: identity && { identity, content: content as Record<string, unknown> },
  };
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

const still = new Int32Array(new SharedArrayBuffer(4));
const pause = (ms: number) => void Atomics.wait(still, 0, 0, ms);
