// Prints what its socket has counted, a JSON object for each datagram.
import { createSocket } from 'evlnet';

const socket = createSocket('udp4');
const show = () => console.log(JSON.stringify(socket.statistics()));
socket.on('message', (_, { port, address }) => socket.send('answer', port, address, show));
socket.bind(42042, show);
