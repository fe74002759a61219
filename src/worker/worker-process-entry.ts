// A worker for another process (worker-process.ts): it ends when its standard input does.
import { writeSync } from 'node:fs';
import { EvlnetError } from '../errors.js';
import { runSession } from './session.js';
import { failureOf } from './shared.js';
import { NEWS_FD, type WorkerProcessNews, type WorkerProcessOptions } from './worker-process.js';

const over = new AbortController();
process.stdin.on('end', () => over.abort()).on('error', () => over.abort());
process.stdin.resume();

try {
  const { device, stateFile, runRoot, spin, cpu, priority } = JSON.parse(
    process.argv[2]!,
  ) as WorkerProcessOptions;
  await runSession({
    device,
    stateFile,
    runRoot,
    wanted: [],
    spin,
    cpu,
    priority,
    sink: {
      trace() {},
      suppressed() {},
      warning: (warning, hint) => say({ warning, hint }),
    },
    mayAttach: false,
    signal: over.signal,
    onStarted: () => say({ isListening: true }),
    onTally() {},
  });
  process.exit(0);
} catch (error) {
  const { message } = error as Error;
  say(failureOf(error instanceof EvlnetError ? error : new EvlnetError('EVL_INTERNAL', message)));
  process.exit(1);
}

/** Where nobody listens any more the end is near. */
function say(news: WorkerProcessNews): void {
  try {
    writeSync(NEWS_FD, `${JSON.stringify(news)}\n`);
  } catch {
    over.abort();
  }
}
