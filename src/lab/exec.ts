import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { usage } from '../errors.js';
import { asHost, cannotFindLab, type Host, type LabOptions, labName, namespace, stateFile } from './name.js';
import { systemPath, tool } from './tool.js';
import { mustBeRoot } from './turn.js';

/** Where `evlnet` itself is, so that a host of the lab runs the same one without an installation. */
const PROGRAMS = join(import.meta.dirname, '../../bin');

/** Environment of a program in a host: its own state file, and this `evlnet` first in the path. */
export const environment = (name: string, host: Host): Record<string, string> => ({
  EVLNET_STATE: stateFile(name, host),
  PATH: `${PROGRAMS}:${systemPath()}`,
});

/** The command line that runs `argv` in the host. */
export const inHost = (name: string, host: Host, argv: readonly string[]): [string, string[]] => [
  tool('ip'),
  ['netns', 'exec', namespace(name, host), ...argv],
];

/** Runs a program in a host of the lab, on this terminal; answers its exit code (128 + n: ended by signal n). */
export async function labExec(
  options: LabOptions,
  hostName: string,
  argv: readonly string[],
): Promise<number> {
  const name = labName(options);
  const host = asHost(hostName);
  if (argv.length === 0)
    throw usage(
      'EVL_INCOMPLETE',
      'Command line is not complete. Try "help".',
      `evlnet lab exec ${host} COMMAND`,
    );
  if (!existsSync(`/run/netns/${namespace(name, host)}`)) throw cannotFindLab(options);
  mustBeRoot(`run "${argv[0]}" on ${host}`);
  const { execa } = await import('execa');
  // A shell says of what it cannot run that it is not there (127) or not for running (126); ip(8) ends with 1 or 255.
  const [file, args] = inHost(name, host, ['sh', '-c', 'exec "$@"', 'evlnet lab exec', ...argv]);
  const child = execa(file, args, { stdio: 'inherit', reject: false, env: environment(name, host) });
  // Ctrl-C reaches the child by itself, being of the same terminal; it decides when to end, and we after it.
  const stay = () => {};
  const pass = (signal: NodeJS.Signals) => void child.kill(signal);
  process.on('SIGINT', stay);
  process.on('SIGTERM', pass).on('SIGHUP', pass);
  try {
    const { exitCode, signal } = await child;
    return exitCode ?? 128 + (signal ? constants.signals[signal] : 0);
  } finally {
    process.off('SIGINT', stay);
    process.off('SIGTERM', pass).off('SIGHUP', pass);
  }
}
