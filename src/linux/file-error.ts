import { EvlnetError } from '../errors.js';

export const MORE_OPEN_FILES = 'allow more open files with ulimit -n';

const REMEDIES: Record<string, string> = {
  EACCES: 'run as root',
  EPERM: 'run as root',
  EROFS: 'make that file system writable',
  ENOSPC: 'make room on that file system',
  EDQUOT: 'make room within the quota',
  EMFILE: MORE_OPEN_FILES,
};
// Who is root already is refused by an attribute of the file, or for want of a capability.
const REMEDIES_OF_ROOT: Record<string, string> = {
  EACCES: 'run with CAP_DAC_OVERRIDE',
  EPERM: 'lsattr tells whether it is immutable',
};

/**
 * What `act` throws, with the errors of file system calls made into `Cannot <verb> "<file>": permission denied
 * (EACCES)`. `otherwise` is the way out that goes with most remedies: `name another file with -state FILE`.
 */
export function namingErrors<T>(verb: string, file: string, otherwise: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    const { code, errno, syscall, path, message } = error as NodeJS.ErrnoException;
    if (syscall === undefined || code === undefined || errno === undefined) throw error;
    // Node's text is `EACCES: permission denied, open '/x'`.
    const reason = /^[A-Z0-9]+: ([^,]+)/.exec(message)?.[1] ?? message;
    // A folder on the way may be what refuses; temporary names beside the file would only confuse.
    const where = path === undefined || path.startsWith(file) ? '' : ` at ${path}`;
    const remedy = (process.getuid?.() === 0 && REMEDIES_OF_ROOT[code]) || REMEDIES[code];
    throw new EvlnetError(
      code === 'EACCES' || code === 'EPERM' ? 'EVL_PERMISSION' : 'EVL_FILE',
      `Cannot ${verb} "${file}": ${reason} (${code})${where}`,
      {
        hint: [remedy, otherwise].filter(Boolean).join(', or '),
        errno: Math.abs(errno),
        cause: error,
      },
    );
  }
}
