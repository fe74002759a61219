import { existsSync } from 'node:fs';
import { EvlnetError } from '../errors.js';
import { tool } from '../lab/tool.js';
import { matchGlobal } from './globals.js';
import type { Io } from './io.js';

/** Runs the same command line in that namespace; /sys follows only a new process. */
export async function runInNamespace(name: string, argv: readonly string[], io: Io): Promise<number> {
  if (!['/run/netns', '/var/run/netns'].some((folder) => existsSync(`${folder}/${name}`)))
    throw new EvlnetError('EVL_NETNS', `Cannot open network namespace "${name}": No such file or directory`, {
      hint: `ip netns add ${name}`,
    });
  return io.system.runInherited(tool('ip'), [
    'netns',
    'exec',
    name,
    ...io.self,
    ...withoutNamespace(name, argv),
  ]);
}

/** The command line without its `-n NAME`. */
export function withoutNamespace(name: string, argv: readonly string[]): string[] {
  const at = argv.findIndex(
    (word, i) =>
      word.startsWith('-') &&
      matchGlobal(word)?.name === 'netns' &&
      (argv[i + 1] === name || word.endsWith(`=${name}`)),
  );
  if (at < 0) return [...argv];
  return [...argv.slice(0, at), ...argv.slice(argv[at]!.includes('=') ? at + 1 : at + 2)];
}
