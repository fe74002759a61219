// discard.mjs DIST: what happens to a thread that is discarded at once, in order.
import { Worker } from 'node:worker_threads';

const seen = [];
const { emit, terminate } = Worker.prototype;
Worker.prototype.emit = function (event, ...rest) {
  if (event === 'message') seen.push(rest[0]);
  if (event === 'exit') seen.push(event);
  return emit.call(this, event, ...rest);
};
Worker.prototype.terminate = function () {
  seen.push('told to end');
  return terminate.call(this);
};
const { SpawnedThread } = await import(`${process.argv[2]}/worker/thread.js`);
await new SpawnedThread().discard();
process.stdout.write(seen.join());
