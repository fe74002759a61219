// A socket whose worker is killed (argument: its pid) while the program goes on calling; prints what came of that, one JSON object.
import { once } from 'node:events';
import { createPacketSocket, createSocket } from '../../dist/index.js';

const [pid, address] = process.argv.slice(2);
const socket = createSocket('udp4');
const errors = [];
socket.on('error', ({ code, message }) => errors.push([code, message]));
socket.bind();
await once(socket, 'listening');
socket.setMulticastInterface(address);
socket.setMulticastAll(false);
const packets = createPacketSocket({ ifname: 'eth0.42', protocol: 0x88b5 });
packets.bind();
await once(packets, 'listening');
// One that asks once, and then waits.
const waiting = createSocket('udp4');
waiting.bind();
await once(waiting, 'listening');
let isWaiting = false;
const told = new Promise((resolve) => waiting.once('drain', () => resolve(isWaiting)));
const addresses = () => JSON.stringify([socket.address(), packets.address()]);
const before = addresses();
const { port } = socket.address();
const sizes = () => [socket.getRecvBufferSize(), socket.getSendBufferSize()];
socket.setRecvBufferSize(50_000);
for (const group of ['239.1.0.1', '239.1.0.2']) socket.addMembership(group, address);

const thrown = new Set();
const attempt = (act) => {
  try {
    return act();
  } catch ({ code, message }) {
    thrown.add(`${act} ${code} ${message}`);
    return undefined;
  }
};
let places = true;
let asked = 0;
const drained = new Promise((resolve) => socket.once('drain', () => resolve(true)));
process.kill(Number(pid), 'SIGKILL');
let isThrough = false;
for (const until = Date.now() + 20_000; !isThrough && Date.now() < until; ) {
  places &&= attempt(addresses) === before;
  attempt(() => socket.flush());
  attempt(sizes);
  attempt(() => socket.setSendBufferSize(60_000));
  // Joined, left and joined anew, wherever the loss comes between.
  for (const act of ['addMembership', 'dropMembership', 'addMembership', 'dropMembership'])
    attempt(() => socket[act]('239.1.0.3', address));
  isWaiting ||= attempt(() => waiting.transmit(Buffer.from('x'), 0x0a0a0a0a, 9)) === false;
  if (asked++ === 1) {
    attempt(() => socket.dropMembership('239.1.0.2', address));
    attempt(() => socket.addMembership('239.1.0.4', address));
  }
  if (attempt(() => socket.transmit(Buffer.from('x'), 0x0a0a0a0a, 9)) === false) {
    isThrough = await Promise.race([drained, new Promise((resolve) => setTimeout(resolve, 2, false))]);
  } else await new Promise(setImmediate);
}
const hasRoom = attempt(() => socket.transmit(Buffer.from('x'), 0x0a0a0a0a, 9));
attempt(() => socket.flush());

const isTold = await Promise.race([told, new Promise((resolve) => setTimeout(resolve, 5000, false))]);

const heard = [];
socket.on('message', (message) => heard.push(String(message)));
for (const group of ['239.1.0.2', '239.1.0.3', '239.1.0.1', '239.1.0.4'])
  await new Promise((resolve) => socket.send(group, port, group, resolve));
for (const until = Date.now() + 5000; heard.at(-1) !== '239.1.0.4' && Date.now() < until; )
  await new Promise((resolve) => setTimeout(resolve, 5));
console.log(
  JSON.stringify({ isThrough, isTold, places, hasRoom, heard, sizes: sizes(), thrown: [...thrown], errors }),
);
process.exit(0);
