// An application whose datagrams may not be cut: sends 1400 octets until a router says that this is too much, and once more.
import { once } from 'node:events';
import { createSocket } from '../../dist/index.js';

const say = (...words) => process.stdout.write(`${words.join(' ')}\n`);
const socket = createSocket({ type: 'udp4', ifname: 'eth0' });
socket.setMtuDiscovery('do');
socket.connect(9, process.argv[2]);
await once(socket, 'connect');
const told = once(socket, 'error').catch(() => {});
let isTold = false;
socket.once('error', ({ code }) => {
  isTold = true;
  say('error', code);
});
while (!isTold) {
  socket.send(Buffer.alloc(1400), () => {});
  await new Promise((resolve) => setTimeout(resolve, 50));
}
await told;
socket.send(Buffer.alloc(1400), (error) => say('failed', error?.code));
process.on('SIGTERM', () => socket.close());
