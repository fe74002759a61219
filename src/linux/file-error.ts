import { EvlnetError } from '../errors.js';

const REMEDIES: Record<string, string> = {
  EACCES: 'run as root',
  EPERM: 'run as root',
  EROFS: 'that file system is read-only',
  ENOSPC: 'make room on that file system; nothing was changed',
  EDQUOT: 'make room within the quota; nothing was changed',
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
    throw new EvlnetError(
      code === 'EACCES' || code === 'EPERM' ? 'EVL_PERMISSION' : 'EVL_FILE',
      `Cannot ${verb} "${file}": ${reason} (${code})${where}`,
      {
        hint: [REMEDIES[code], otherwise].filter(Boolean).join(', or '),
        errno: Math.abs(errno),
        cause: error,
      },
    );
  }
}
