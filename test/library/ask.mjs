// Sends COUNT datagrams to ADDRESS PORT, one after the answer to the other, and prints what came back: a JSON list, null for no answer within
// PATIENCE ms.
import { createSocket } from 'node:dgram';

const [address, port, count, patience = '2000'] = process.argv.slice(2);
const socket = createSocket('udp4');
const answers = [];
for (let i = 0; i < Number(count); i++) {
  socket.send(`number ${i}`, Number(port), address);
  answers.push(
    await new Promise((resolve) => {
      const late = setTimeout(resolve, Number(patience), null);
      socket.once('message', (message) => {
        clearTimeout(late);
        resolve(message.toString('hex'));
      });
    }),
  );
  socket.removeAllListeners('message');
}
socket.close();
console.log(JSON.stringify(answers));
