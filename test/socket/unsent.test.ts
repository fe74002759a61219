import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeIf } from '../capability.js';
import { Stand, type Started } from '../clients/stand.js';

const PROGRAM = `
import { once } from 'node:events';
import { createSocket } from '${join(import.meta.dirname, '../../dist/index.js')}';
const socket = createSocket('udp4');
socket.bind(0, '10.10.10.11');
await once(socket, 'listening');
const acts = [
  () => socket.send('x', 7, '203.0.113.1'),
  () => socket.send('x', 8, '10.10.10.255'),
  () => {
    socket.transmit(Buffer.from('x'), 0xcb007102, 9);
    socket.flush();
  },
];
const told = [];
for (const act of acts) {
  const failed = new Promise((resolve) => socket.once('error', resolve));
  act();
  const { code, syscall, address, port } = await failed;
  told.push([code, syscall, address, port].join(' '));
}
console.log(JSON.stringify(told));
socket.close();
`;

describeIf(['root', 'network namespaces', 'bpf', 'build'])('a datagram that nobody waits for', () => {
  let stand: Stand;
  let worker: Started;
  beforeAll(async () => {
    stand = await Stand.up('unsent');
    stand.configure();
    worker = await stand.worker('icmp-responder');
  }, 60_000);
  afterAll(async () => {
    await worker?.stop();
    await stand?.down();
  }, 60_000);

  test('and that cannot be sent is told by error, with where it was to go', () => {
    const said = stand.get('responder', process.execPath, '--input-type=module', '-e', PROGRAM);
    expect(JSON.parse(said)).toEqual([
      'ENETUNREACH send 203.0.113.1 7',
      'EACCES send 10.10.10.255 8',
      'ENETUNREACH send 203.0.113.2 9',
    ]);
  }, 60_000);
});
