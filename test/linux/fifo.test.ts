import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, test } from '@jest/globals';
import { describeIf } from '../capability.js';

const MODULES = join(import.meta.dirname, '../../dist/linux');
// A number that was used before: Node warns where it still takes that one for open. Another thread may take some of them meanwhile.
const PROGRAM = `
const { parentPort, workerData: { modules, path } } = require('node:worker_threads');
process.on('warning', ({ message }) => parentPort.postMessage(message));
(async () => {
  const { makeFifo, openFifo } = await import(modules + '/fifo.js');
  const { close } = await import(modules + '/libc.js');
  makeFifo(path);
  const numbers = Array.from({ length: 100 }, () => {
    const fd = openFifo(path);
    close(fd);
    return fd;
  });
  setImmediate(() => parentPort.postMessage(new Set(numbers).size < 100));
})();
`;

describeIf(['build'])('openFifo()', () => {
  test('opens what Node does not take for its own, in a thread that may end', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'evlnet-fifo-'));
    const workerData = { modules: MODULES, path: join(folder, 'wake') };
    const said: unknown[] = [];
    await new Promise((resolve, reject) => {
      new Worker(PROGRAM, { eval: true, workerData })
        .on('message', (what) => said.push(what))
        .on('error', reject)
        .on('exit', resolve);
    });
    rmSync(folder, { recursive: true });
    expect(said).toEqual([true]);
  });
});
