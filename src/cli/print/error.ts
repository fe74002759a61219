import { EvlnetError, Exit } from '../../errors.js';
import type { Globals } from '../globals.js';
import type { Io } from '../io.js';
import { printable } from '../printable.js';

/** Where in a batch file the command stood. */
export interface BatchLine {
  readonly file: string;
  readonly line: number;
}

/** Prints an error as cli.md has it, on stderr or with `-j` on stdout; returns the exit code. */
export function reportError(caught: unknown, globals: Readonly<Globals>, io: Io, at?: BatchLine): number {
  const error = asEvlnetError(caught);
  if (globals.json) {
    const { message, code, hint } = error;
    const document = { error: { message, code, ...(hint === undefined ? {} : { hint }), ...at } };
    io.stdout.write(`${JSON.stringify(document, undefined, globals.pretty ? 4 : undefined)}\n`);
  } else {
    // They may name what stands in a file of others.
    io.stderr.write(`${printable(error.message).replace(/^(?=[a-z"])/, 'Error: ')}\n`);
    if (error.hint) io.stderr.write(`Hint: ${printable(error.hint)}\n`);
    if (at) io.stderr.write(`Command failed ${at.file}:${at.line}\n`);
  }
  if (io.env.EVLNET_DEBUG === '1') io.stderr.write(`${stackOf(caught)}\n`);
  return error.exit;
}

/** What is not one of ours is the system's refusal, or a defect of this program. */
function asEvlnetError(caught: unknown): EvlnetError {
  if (caught instanceof EvlnetError) return caught;
  const { code, syscall, path, message } = caught as NodeJS.ErrnoException;
  const isSystem = caught instanceof Error && typeof code === 'string' && typeof syscall === 'string';
  if (isSystem) {
    // Node: "EACCES: permission denied, open '/x'".
    const reason = /^\w+: ([^,]+)/.exec(message)?.[1] ?? message;
    const target = path === undefined ? '' : ` "${path}"`;
    const hint = code === 'EACCES' || code === 'EPERM' ? { hint: 'run as root' } : {};
    return new EvlnetError('EVL_SYSTEM', `Cannot ${syscall}${target}: ${reason} (${code})`, hint);
  }
  const reason = caught instanceof Error ? `${caught.name}: ${message}` : String(caught);
  return new EvlnetError('EVL_INTERNAL', `Internal error: ${reason.split('\n')[0]}`, {
    hint: 'please report this, with what EVLNET_DEBUG=1 prints',
    exit: Exit.Failure,
  });
}

function stackOf(caught: unknown): string {
  if (!(caught instanceof Error)) return String(caught);
  return caught.cause === undefined
    ? `${caught.stack}`
    : `${caught.stack}\nCaused by: ${stackOf(caught.cause)}`;
}
