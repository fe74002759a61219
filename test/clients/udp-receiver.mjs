// An application that takes datagrams without copies, and closes its socket while it holds one.
import { createSocket } from '../../dist/index.js';

const socket = createSocket('udp4');
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
socket.on('listening', () => say({ listening: true }));
socket.on('close', () => say({ closed: true }));
socket.on('readable', () => {
  const count = socket.receive((octets) => {
    socket.close();
    say({ text: Buffer.from(octets).toString('latin1') });
  });
  say({ count });
});
socket.bind(42042, '10.10.10.11');
