// A sender as `iperf -u -c` is one, on a UDP socket of evlnet: `node iperf-sender.mjs ADDRESS PORT COUNT LENGTH`. Each datagram begins with struct
// UDP_datagram of iperf 2 (sequence number, seconds, microseconds); a negative number is the last, sent until the server's report answers it.
import { setTimeout as pause } from 'node:timers/promises';
import { createSocket } from '../../dist/index.js';

const [address, ...numbers] = process.argv.slice(2);
const [port, count, length] = numbers.map(Number);
const AGAIN_MS = 100;

const datagram = (sequence) => {
  const octets = Buffer.alloc(length);
  const nowMs = Date.now();
  octets.writeInt32BE(sequence, 0);
  octets.writeUInt32BE(Math.trunc(nowMs / 1000), 4);
  octets.writeUInt32BE((nowMs % 1000) * 1000, 8);
  return octets;
};

const socket = createSocket('udp4');
const send = (sequence) =>
  new Promise((resolve, reject) => {
    socket.send(datagram(sequence), port, address, (error) => (error ? reject(error) : resolve()));
  });
const report = new Promise((resolve) => socket.once('message', resolve));
for (let sequence = 0; sequence < count; sequence++) {
  await send(sequence);
  // As -b has it: the receive buffer of the kernel's socket holds some ninety, and its program may have to wait for a CPU.
  if (sequence % 8 === 7) await pause(5);
}
await send(-count);
const again = setInterval(() => void send(-count), AGAIN_MS);
const { length: octets } = await report;
clearInterval(again);
socket.close();
console.log(JSON.stringify({ sent: count, report: octets }));
