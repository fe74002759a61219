import { constants } from 'node:os';
import { liveSystem as configurationSystem } from '../configuration/live-system.js';
import type { System } from './system.js';

/** The kernel and the workers of this machine. koffi and execa are loaded by the first call that needs them. */
export const liveSystem: System = {
  ...configurationSystem,

  xdpHolder: async (progId) => (await import('../linux/xdp-holder.js')).xdpHolder(progId),

  async lines(command, words, signal, onLine) {
    const { execa } = await import('execa');
    const child = execa(command, [...words], {
      reject: false,
      buffer: { stdout: false },
      stdin: 'ignore',
    });
    const interrupt = () => void child.kill('SIGINT');
    signal.addEventListener('abort', interrupt, { once: true });
    if (signal.aborted) interrupt();
    try {
      for await (const line of child) onLine(String(line));
      const { exitCode, stderr } = await child;
      return { code: exitCode ?? (signal.aborted ? 0 : 127), stderr };
    } finally {
      signal.removeEventListener('abort', interrupt);
    }
  },

  async runInherited(command, words) {
    const { execa } = await import('execa');
    const child = execa(command, [...words], { reject: false, stdio: 'inherit' });
    // Ctrl-C reaches it by itself, being of the same terminal; it ends when it wants, and we after it.
    const stay = () => {};
    const pass = () => void child.kill('SIGTERM');
    process.on('SIGINT', stay).on('SIGTERM', pass);
    try {
      const { exitCode, signal } = await child;
      return exitCode ?? (signal ? 128 + constants.signals[signal] : 127);
    } finally {
      process.off('SIGINT', stay).off('SIGTERM', pass);
    }
  },
};
