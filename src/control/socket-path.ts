import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';

/** The name of the socket in a run folder. */
export const SOCKET = 'control.sock';

/** sizeof sun_path less its terminating zero, unix(7). */
const MAX_SOCKET_PATH = 107;

/** A path for bind(2) or connect(2) that is short enough, valid until `close`. */
export interface SocketPath {
  path: string;
  close(): void;
}

/** Reaches a folder with a long name through an open descriptor of it, which needs no chdir(2) and no other name on disk. */
export function socketPath(folder: string, name: string): SocketPath {
  const path = join(folder, name);
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH) return { path, close: () => undefined };
  const fd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  let isOpen = true;
  return {
    path: `/proc/self/fd/${fd}/${name}`,
    close() {
      if (isOpen) closeSync(fd);
      isOpen = false;
    },
  };
}
