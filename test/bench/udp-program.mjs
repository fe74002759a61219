// UDP echo as a program with sockets does it: udp-program.mjs MODULE ADDRESS PORT [BUSY-POLL], MODULE node:dgram or one with the same createSocket.
const [module, address, port, busyPoll = '0'] = process.argv.slice(2);
const { createSocket } = await import(module);

const socket = createSocket({ type: 'udp4', busyPoll: Number(busyPoll) });
socket.on('message', (message, from) => socket.send(message, from.port, from.address));
socket.on('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(2);
});
socket.bind(Number(port), address, () => process.stdout.write('listening\n'));
process.on('SIGINT', () => process.exit(0));
