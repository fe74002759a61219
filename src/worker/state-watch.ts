import { watch } from 'node:fs';
import { basename, dirname } from 'node:path';

/** An editor writes in steps. */
const SETTLE_MS = 50;

/** Tells of a state file that somebody edits by hand, or rolls out; evlnet's own commands ask for a reload besides. Returns what ends it. */
export function watchState(file: string, onChange: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  try {
    const watcher = watch(dirname(file), { persistent: false }, (_event, name) => {
      if (name !== basename(file)) return;
      clearTimeout(timer);
      timer = setTimeout(onChange, SETTLE_MS);
    });
    watcher.on('error', () => {});
    return () => {
      clearTimeout(timer);
      watcher.close();
    };
  } catch {
    // No inotify instance left: commands still reach the worker.
    return () => {};
  }
}
