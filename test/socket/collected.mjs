// Opens and closes sockets while another one stays open; prints how many of them are garbage then.
import { once } from 'node:events';
import { createSocket } from 'evlnet';

const COUNT = 50;
const open = async () => {
  const socket = createSocket('udp4');
  socket.bind();
  await once(socket, 'listening');
  return socket;
};
const kept = await open();
let collected = 0;
const registry = new FinalizationRegistry(() => collected++);
for (let i = 0; i < COUNT; i++) {
  const socket = await open();
  registry.register(socket, i);
  socket.close();
  await once(socket, 'close');
}
// The last one or two may still be on the stack.
for (let tries = 0; tries < 50 && collected < COUNT - 2; tries++) {
  globalThis.gc();
  await new Promise((resolve) => setTimeout(resolve, 20));
}
console.log(JSON.stringify({ opened: COUNT, collected }));
kept.close();
