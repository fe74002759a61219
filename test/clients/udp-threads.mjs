// An application with its socket in a thread. SIGUSR2 terminates the thread, and the next one starts another.
import { Worker } from 'node:worker_threads';

const start = () =>
  new Worker(new URL('./udp-program.mjs', import.meta.url), { argv: process.argv.slice(2) });
let thread = start();
process.on('SIGUSR2', async () => {
  if (thread === undefined) {
    thread = start();
    return;
  }
  await thread.terminate();
  thread = undefined;
  process.stdout.write('terminated\n');
});
setInterval(() => {}, 60_000);
