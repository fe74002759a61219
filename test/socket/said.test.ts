import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeIf } from '../capability.js';
import { Stand, type Started } from '../clients/stand.js';

const REBIND = `
import { once } from 'node:events';
import { createPacketSocket } from '${join(import.meta.dirname, '../../dist/index.js')}';
const socket = createPacketSocket({ ifname: 'eth0.42', protocol: 0x88b5 });
const called = [];
socket.bind(() => called.push('first'));
await once(socket, 'listening');
socket.bind({ ifname: 'eth0.43' }, () => called.push('failed'));
const [{ code, errno, syscall }] = await once(socket, 'error');
const { ifname } = socket.address();
await new Promise((resolve) => socket.bind({ protocol: 0x88b6 }, () => resolve(called.push('last'))));
console.log(JSON.stringify({ failure: { code, errno, syscall }, ifname, called }));
socket.close();
`;

const UNSENT = `
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

describeIf(['root', 'network namespaces', 'bpf', 'build'])('what sockets say', () => {
  let stand: Stand;
  let worker: Started;
  beforeAll(async () => {
    stand = await Stand.up('said');
    stand.configure();
    worker = await stand.worker('icmp-responder');
  }, 60_000);
  afterAll(async () => {
    await worker?.stop();
    await stand?.down();
  }, 60_000);

  test('a packet socket that is bound once more, to a port that is none, stays as it was, is told so in full, and not by that callback', () => {
    const said = stand.get('responder', process.execPath, '--input-type=module', '-e', REBIND);
    expect(JSON.parse(said)).toEqual({
      failure: { code: 'ENODEV', errno: -19, syscall: 'bind' },
      ifname: 'eth0.42',
      called: ['first', 'last'],
    });
  }, 60_000);

  test('a datagram that nobody waits for, and that cannot be sent, is told by error, with where it was to go', () => {
    const said = stand.get('responder', process.execPath, '--input-type=module', '-e', UNSENT);
    expect(JSON.parse(said)).toEqual([
      'ENETUNREACH send 203.0.113.1 7',
      'EACCES send 10.10.10.255 8',
      'ENETUNREACH send 203.0.113.2 9',
    ]);
  }, 60_000);
});
