// An application: answers what it is sent, in capitals. Says what happens to it, one JSON object a line.
import { createSocket } from '../../dist/index.js';

const [port, address] = process.argv.slice(2);
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
const socket = createSocket({ type: 'udp4', reuseAddr: process.env.REUSE === '1' });
socket.on('listening', () => say({ listening: socket.address() }));
socket.on('error', ({ code, message, hint }) => say({ error: code, message, hint }));
socket.on('close', () => say({ closed: true }));
if (process.env.STAMPS) {
  // A veth has no time of its own: there the driver is asked for one, and nothing is told.
  socket.setTimestamping({ rx: true, tx: true, hardware: process.env.STAMPS === 'hardware' });
  socket.on('timestamp', (left) => say({ left, statistics: socket.statistics() }));
}
// In batches: as it came, and without copies of its own. Nothing waits for what became of the first one, which is refused.
if (process.env.BATCH === '1') {
  socket.on('listening', () => socket.send('everybody', 9, '10.10.10.255'));
  socket.on('readable', () => {
    const count = socket.receive((octets, from, fromPort) => socket.transmit(octets, from, fromPort));
    socket.flush();
    say({ count });
  });
}
socket.on('message', (message, from) => {
  say({ size: message.length, from });
  socket.send(message.toString('latin1').toUpperCase(), from.port, from.address, (error, octets) =>
    say({ sent: octets, error: error?.code }),
  );
});
process.on('SIGTERM', () => socket.close());
socket.bind(Number(port), address);
// Nothing but a timer keeps the program, until it is told to end.
if (process.env.UNREF === '1') {
  const hold = setTimeout(() => {}, 60_000);
  socket.unref().on('message', (message) => {
    if (`${message}` === 'end') clearTimeout(hold);
  });
}
