// Answers every datagram with a sequence number, 32 bits in network order: a service that runs out-of-band, in the worker's thread.
// `node examples/services/run.mjs eth0.42` runs it.
import { Drop, defineService, payloadAt, replyWith, udp } from 'evlnet/service';

const OCTETS = 4;

export default defineService(({ udpPort }) => {
  let sequence = 0;
  return {
    name: 'sequence',
    udpPort,
    // Called for each datagram, between receive and transmit: nothing here allocates, throws, prints or waits.
    datagram(packet) {
      // Two such services would answer each other for ever.
      if (packet.isGroup || udp.sourcePort(packet.view, packet.l4) === udpPort) return Drop.ServiceRefused;
      packet.view.setUint32(payloadAt(packet), sequence);
      sequence = (sequence + 1) >>> 0;
      return replyWith(packet, OCTETS);
    },
  };
});
