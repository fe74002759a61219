// An application that joins a group on a device of the kernel's, and leaves it when told to end.
import { createSocket } from '../../dist/index.js';

const socket = createSocket({ type: 'udp4', reuseAddr: true, ifname: 'eth0' });
socket.on('error', ({ code, message }) => process.stdout.write(`${code} ${message}\n`));
socket.on('listening', () => process.stdout.write('joined\n'));
process.on('SIGTERM', () => socket.close());
socket.bind(5000);
socket.addMembership('239.9.9.9');
