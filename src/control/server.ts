import { once } from 'node:events';
import { chmodSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { namingErrors } from '../linux/file-error.js';
import { type Commands, Connection } from './connection.js';
import type { Event } from './messages.js';
import { SOCKET, socketPath } from './socket-path.js';

export type { Commands, Connection } from './connection.js';

/** Clients at a time; more are turned away. */
const MAX_CONNECTIONS = 256;

/** The control socket of a worker. */
export interface ControlServer {
  readonly connections: ReadonlySet<Connection>;
  /** Pushes to every client; how many of them had no room for it. */
  broadcast(event: Event): number;
  /** Removes the socket, lets clients read what was written (50 ms at most: a successor waits for it), and ends. */
  close(): Promise<void>;
}

/**
 * Answers on `folder`/control.sock, which nobody but our user may open. `folder` must be claimed: a socket that lies
 * there is replaced. Each connection reads and writes at its own pace.
 */
export async function listen(folder: string, commands: Commands): Promise<ControlServer> {
  const connections = new Set<Connection>();
  // Half-open: `echo … | nc -N` closes its side before our answer.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const connection = new Connection(socket, commands);
    connections.add(connection);
    connection.onClose(() => connections.delete(connection));
  });
  server.maxConnections = MAX_CONNECTIONS;
  // bind(2) makes the socket with the permissions of the umask, so it is made where nobody else can look, and shown only
  // when they are right. rename(2) keeps a bound socket working.
  const hidden = join(folder, '.control');
  const shown = join(folder, SOCKET);
  const named = <T>(act: () => T) => namingErrors('make control socket', shown, '', act);
  named(() => {
    rmSync(hidden, { recursive: true, force: true });
    mkdirSync(hidden, { mode: 0o700 });
  });
  // libuv removes that name again when it closes the socket, by then perhaps through another folder's descriptor.
  const name = `${process.pid}.sock`;
  const place = named(() => socketPath(hidden, name));
  try {
    server.listen({ path: place.path });
    await once(server, 'listening');
    named(() => {
      chmodSync(join(hidden, name), 0o600);
      renameSync(join(hidden, name), shown);
    });
  } catch (error) {
    server.close();
    named(() => {
      throw error;
    });
  } finally {
    place.close();
    rmSync(hidden, { recursive: true, force: true });
  }
  // accept(2) may fail (EMFILE); the client sees its connection end, the worker goes on.
  server.on('error', () => undefined);
  const end = async () => {
    rmSync(shown, { force: true });
    const isClosed = once(server, 'close');
    server.close();
    // The server counts a connection as over before those who wait for that are told.
    const ends = [...connections].map((connection) => {
      connection.close();
      return new Promise<void>((done) => connection.onClose(done));
    });
    await Promise.all([isClosed, ...ends]);
  };
  let ending: Promise<void> | undefined;
  return {
    connections,
    broadcast: (event) => [...connections].filter((connection) => !connection.push(event)).length,
    close() {
      ending ??= end();
      return ending;
    },
  };
}
