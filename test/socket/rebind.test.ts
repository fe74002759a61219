import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeIf } from '../capability.js';
import { Stand, type Started } from '../clients/stand.js';

const PROGRAM = `
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

describeIf(['root', 'network namespaces', 'bpf', 'build'])('a packet socket that is bound once more', () => {
  let stand: Stand;
  let worker: Started;
  beforeAll(async () => {
    stand = await Stand.up('rebind');
    stand.configure();
    worker = await stand.worker('icmp-responder');
  }, 60_000);
  afterAll(async () => {
    await worker?.stop();
    await stand?.down();
  }, 60_000);

  test('to a port that is none stays as it was, is told so in full, and not by that callback', () => {
    const said = stand.get('responder', process.execPath, '--input-type=module', '-e', PROGRAM);
    expect(JSON.parse(said)).toEqual({
      failure: { code: 'ENODEV', errno: -19, syscall: 'bind' },
      ifname: 'eth0.42',
      called: ['first', 'last'],
    });
  }, 60_000);
});
