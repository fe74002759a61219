// An application that sends one datagram and is done with it: udp-once.mjs ADDRESS PORT.
import { createSocket } from '../../dist/index.js';

const [address, port] = process.argv.slice(2);
const socket = createSocket('udp4');
if (process.env.UNREF === '1') socket.unref();
if (process.env.GROUP) socket.addMembership(process.env.GROUP, 'eth0.42');
socket.send('once', Number(port), address, () => {
  process.stdout.write('sent\n');
  socket.close();
});
