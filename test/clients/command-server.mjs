// Command lines of evlnet, one after the other in one process: `node command-server.mjs REQUESTS ANSWERS`, two FIFOs with a line of JSON each, the
// arguments and what came of them. A start of node costs a command ten times what it does.
import { createReadStream, openSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { liveSystem } from '../../dist/cli/live-system.js';
import { main } from '../../dist/cli/main.js';

const [requests, answers] = process.argv.slice(2);
const to = openSync(answers, 'w');
for await (const line of createInterface({ input: createReadStream(requests) })) {
  const said = { stdout: '', stderr: '' };
  const stream = (name) => ({
    write(text) {
      said[name] += text;
      return true;
    },
  });
  const status = await main(JSON.parse(line), {
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    stdin: () => process.stdin,
    env: process.env,
    self: [process.execPath, new URL('../../bin/evlnet', import.meta.url).pathname],
    stop: () => new AbortController().signal,
    system: liveSystem,
  });
  writeSync(to, `${JSON.stringify({ status, ...said })}\n`);
}
