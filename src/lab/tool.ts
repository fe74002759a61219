import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { EvlnetError } from '../errors.js';

/** Debian's package of each program that a lab is built with. */
const PACKAGES = {
  ip: 'iproute2',
  tc: 'iproute2',
  ethtool: 'ethtool',
  ping: 'iputils-ping',
  mount: 'mount',
  umount: 'mount',
} as const;
export type Tool = keyof typeof PACKAGES;

/** PATH with the folders of system programs, which a user's PATH often lacks. */
export const systemPath = (): string =>
  [process.env.PATH, '/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin'].filter(Boolean).join(':');

/** Absolute path of the program; an error that names the package where it is missing. */
export function tool(name: Tool, path = systemPath()): string {
  for (const folder of path.split(':')) {
    const program = join(folder, name);
    try {
      accessSync(program, constants.X_OK);
      return program;
    } catch {
      // The next folder.
    }
  }
  throw new EvlnetError('EVL_NO_TOOL', `Cannot find program "${name}"`, {
    hint: `apt-get install ${PACKAGES[name]}`,
  });
}

export interface Ran {
  readonly failed: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program to its end, with `input` on its stdin; failing is for the caller to judge. */
export async function attempt(name: Tool, args: readonly string[], input = ''): Promise<Ran> {
  const { execa } = await import('execa');
  // Detached from the terminal: Ctrl-C must not break off a half-done removal.
  const options = { input, reject: false, detached: true } as const;
  const { failed, stdout, stderr, originalMessage } = await execa(tool(name), args, options);
  return { failed, stdout, stderr: stderr || (originalMessage ?? '') };
}

/** Runs the program and answers what it printed; a failure is an error of `act`, `build lab "lab"`, in its own words. */
export async function run(act: string, name: Tool, args: readonly string[], input = ''): Promise<string> {
  const { failed, stdout, stderr } = await attempt(name, args, input);
  if (!failed) return stdout;
  const line = /Command failed -:(\d+)/.exec(stderr);
  const command = line ? input.split('\n')[Number(line[1]) - 1] : args.join(' ');
  const reason = stderr
    .trim()
    .split('\n')[0]
    ?.replace(/^(RTNETLINK answers|Error: \w+|Error): /, '');
  throw new EvlnetError('EVL_LAB_TOOL', `Cannot ${act}: ${name}: ${reason}`, {
    hint: `it was: ${name} ${command}`,
    cause: stderr,
  });
}

/** Several commands of ip or tc in one process, inside a namespace. */
export const batch = (act: string, name: 'ip' | 'tc', namespace: string, lines: readonly string[]) =>
  run(act, name, ['-n', namespace, '-batch', '-'], `${lines.join('\n')}\n`);
