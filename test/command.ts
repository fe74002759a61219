// Commands that tests run to their end.
import { type StdioOptions, spawnSync } from 'node:child_process';

const PATIENCE_MS = 60_000;

export interface Said {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** What it reads; nothing by default. */
  readonly input?: string;
  readonly patienceMs?: number;
}

/** How it ended and what it printed. One that cannot be run, or is not done in time, is an error that says what it was and what it had printed. */
export function command(file: string, args: readonly string[], options: CommandOptions = {}): Said {
  const { patienceMs = PATIENCE_MS, ...others } = options;
  const stdio: StdioOptions = [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'];
  const { status, stdout, stderr, error } = spawnSync(file, args, {
    ...others,
    stdio,
    encoding: 'utf8',
    timeout: patienceMs,
    killSignal: 'SIGKILL',
    maxBuffer: 1 << 28,
  });
  if (error !== undefined) {
    const isLate = (error as NodeJS.ErrnoException).code === 'ETIMEDOUT';
    const why = isLate ? `not done after ${patienceMs} ms` : error.message;
    throw new Error(`${[file, ...args].join(' ')}: ${why}${printed(stdout ?? '', stderr ?? '')}`);
  }
  return { status, stdout, stderr };
}

/** What it printed; one that fails is an error too. */
export function output(file: string, args: readonly string[], options?: CommandOptions): string {
  const { status, stdout, stderr } = command(file, args, options);
  if (status !== 0)
    throw new Error(`${[file, ...args].join(' ')}: ended with ${status}${printed(stdout, stderr)}`);
  return stdout;
}

const printed = (stdout: string, stderr: string): string => {
  const text = `${stdout}${stderr}`.trimEnd();
  return text === '' ? '; it printed nothing' : `; it printed:\n${text}`;
};
