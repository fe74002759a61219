/** Exit codes of the command line, and of every error that reaches it. */
export const Exit = {
  Ok: 0,
  /** What was typed is wrong. */
  Usage: 1,
  /** The system refused. */
  Failure: 2,
  /** This kernel, device or version cannot do it. */
  Unsupported: 3,
  /** The answer is no: `expect` failed, `-w` ended before `-c`. */
  No: 4,
} as const;
export type Exit = (typeof Exit)[keyof typeof Exit];

export interface ErrorDetails {
  /** The remedy, a sentence or a command, printed after `Hint: `. */
  hint?: string;
  exit?: Exit;
  cause?: unknown;
  /** errno of the system call that failed, positive; a socket's error has it negative, as those of Node. */
  errno?: number;
}

/**
 * The one error class. `code` is stable and documented (EVL_NO_DEVICE, EVL_VLAN_LIST …); `message` names the act
 * and the object, then after a colon the reason; `hint` says what to do.
 */
export class EvlnetError extends Error {
  override readonly name = 'EvlnetError';
  readonly code: string;
  readonly hint: string | undefined;
  readonly exit: Exit;
  readonly errno: number | undefined;

  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.exit = details.exit ?? Exit.Failure;
    this.errno = details.errno;
  }
}

/** A usage error: exit code 1. */
export const usage = (code: string, message: string, hint?: string) =>
  new EvlnetError(code, message, { exit: Exit.Usage, ...(hint === undefined ? {} : { hint }) });
