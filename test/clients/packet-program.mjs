// An application with packet sockets of every kind and a UDP socket on one device. Says what comes to each, one JSON object a line. SIGUSR2
// binds the socket of VLAN 42 to IPv4, or back to all types; SIGHUP sends frames.
import { createPacketSocket, createSocket } from 'evlnet';

const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
const ETHERCAT = 0x88a4;
const PEER = '02:fc:00:00:00:02';

const udp = createSocket('udp4');
udp.on('message', (message, from) => udp.send(message.toString().toUpperCase(), from.port, from.address));
udp.bind(42042, '10.10.10.11');

const open = (name, options) => {
  const socket = createPacketSocket(options, (frame, from) =>
    say({ socket: name, frame: frame.toString('hex'), from }),
  );
  socket.on('error', ({ code, hint }) => say({ socket: name, error: code, hint }));
  socket.on('listening', () => say({ socket: name, ...socket.address() }));
  return socket.bind();
};
const all = open('all', { protocol: 'all' });
const vlan = open('vlan', { ifname: 'eth0.42' });
const ethercat = open('ethercat', { ifname: 'eth0', protocol: ETHERCAT });
open('nowhere', { ifname: 'eth0.77' });

let isExact = false;
process.on('SIGUSR2', () => {
  isExact = !isExact;
  vlan.bind({ protocol: isExact ? 0x0800 : 'all' });
});
const told = (what) => (error) => say({ sent: what, error: error?.code ?? null });
process.on('SIGHUP', () => {
  const header = (ethertype) => Buffer.from(`${PEER.replaceAll(':', '')}020000000009${ethertype}`, 'hex');
  ethercat.send([header('88a4'), 'a whole frame'], told('frame'));
  ethercat.send('a payload', { destination: PEER }, told('payload'));
  ethercat.send('by its VLAN', { destination: PEER, vid: 42, pcp: 5 }, told('vid'));
  vlan.setPriority(3);
  vlan.send('by its port', { destination: PEER, protocol: ETHERCAT }, told('port'));
  all.send([header('88a4')], told('no port'));
  ethercat.send([header('88a4')], { vid: 77 }, told('no such VLAN'));
  ethercat.send('short', told('short'));
  ethercat.send(Buffer.alloc(14 + 1501), told('long'));
});
process.on('SIGTERM', () => {
  for (const socket of [all, vlan, ethercat, udp]) socket.close();
  say({ statistics: ethercat.statistics() });
});
