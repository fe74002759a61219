import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeIf } from '../capability.js';
import { Stand, type Started } from '../clients/stand.js';

const PROGRAM = join(import.meta.dirname, 'replaced-program.mjs');
/** Nobody can take the place of its worker: its last port is gone by then. */
const PORTLESS = `
import { once } from 'node:events';
import { createSocket, disablePort } from '${join(import.meta.dirname, '../../dist/index.js')}';
const socket = createSocket('udp4');
socket.bind(0, '10.10.10.11');
await once(socket, 'listening');
const told = [];
socket.on('error', ({ code }) => {
  told.push(code);
  socket.close();
});
socket.on('close', () => console.log(JSON.stringify([...told, 'close'])));
await disablePort('eth0.42', { onWarning() {} });
process.kill(Number(process.argv[1]), 'SIGKILL');
`;

describeIf(['root', 'network namespaces', 'bpf', 'build'])('a socket whose worker is killed', () => {
  let stand: Stand;
  let worker: Started;
  beforeAll(async () => {
    stand = await Stand.up('replaced');
    stand.configure();
    worker = await stand.worker('icmp-responder');
  }, 60_000);
  afterAll(async () => {
    await worker?.stop();
    await stand?.down();
  }, 60_000);

  const pid = () =>
    String((JSON.parse(readFileSync(join(stand.folder(), 'worker.json'), 'utf8')) as { pid: number }).pid);

  test('keeps its place, its sizes and its groups; it has no room to send until the next one is there', () => {
    const said = JSON.parse(stand.get('responder', process.execPath, PROGRAM, pid(), '10.10.10.11'));
    expect(said).toEqual({
      isThrough: true,
      isTold: true,
      places: true,
      hasRoom: true,
      heard: ['239.1.0.1', '239.1.0.4'],
      sizes: [50_000, 60_000],
      thrown: [],
      errors: [],
    });
  }, 60_000);

  test('tells of it and closes where no other one can be there; the program may close it, too', async () => {
    await worker.stop('SIGKILL');
    worker = await stand.worker('icmp-responder');
    const argv = ['--input-type=module', '-e', PORTLESS, pid()];
    const said = stand.get('responder', process.execPath, ...argv);
    expect(JSON.parse(said)).toEqual(['EVL_NO_PORT', 'close']);
  }, 60_000);
});
