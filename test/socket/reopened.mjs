// While the worker of its last socket is about to end: opens the next socket and sends at once, or configures. Prints what failed.
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSocket, setVlans } from 'evlnet';

const [peer] = process.argv.slice(2);
const failed = [];
for (let i = 0; i < 12; i++) {
  const socket = createSocket('udp4');
  await new Promise((resolve) => {
    socket.send('first', 9, peer, (error) => {
      if (error) failed.push(`send: ${error.code}`);
      resolve();
    });
  });
  socket.close();
  await once(socket, 'close');
  await sleep(10);
  const set = i % 2 === 0 ? setVlans(i % 4 === 0 ? '42,77' : '42', { onWarning() {} }) : undefined;
  await set?.catch((error) => failed.push(`setVlans: ${error.code} ${error.message}`));
}
console.log(JSON.stringify(failed));
