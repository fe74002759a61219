import { newGlobals } from './globals.js';
import type { Io } from './io.js';
import { liveSystem } from './live-system.js';
import { main } from './main.js';
import { reportError } from './print/error.js';
import { toolName } from './upstream/name.js';

/** Runs this process's command line. */
export async function start(): Promise<void> {
  const stop = new AbortController();
  // `evlnet … | head`: nobody reads any more, so there is nothing left to do.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // EIO: a terminal that hung up.
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
    if (isWatched) stop.abort();
    else process.exit(0);
  });
  process.stderr.on('error', () => undefined);

  let isWatched = false;
  const io: Io = {
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: () => process.stdin,
    env: process.env,
    self: [process.execPath, ...process.execArgv, process.argv[1]!],
    stop: () => {
      if (!isWatched)
        // SIGHUP: the terminal went. What a worker changed on its interface is put back only by one that ends.
        for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
      isWatched = true;
      return stop.signal;
    },
    system: liveSystem,
  };
  // What no command caught: the same words as for what was caught. Exiting ends a worker's diversion first.
  for (const event of ['uncaughtException', 'unhandledRejection'] as const)
    process.on(event, (error: unknown) => process.exit(reportError(error, newGlobals(), io)));
  const tool = toolName(process.argv[1]!);
  const words = process.argv.slice(2);
  process.exitCode =
    tool === undefined
      ? await main(words, io)
      : await (await import('./upstream/tool.js')).runTool(tool, words, io);
}
