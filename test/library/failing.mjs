// Answers with what it was sent, and throws at the third datagram.
import { defineService, payloadLength, replyWith } from 'evlnet/service';

export default defineService(({ udpPort }) => {
  let left = 2;
  return {
    name: 'failing',
    udpPort,
    datagram(packet) {
      if (left-- === 0) throw new RangeError('two were enough');
      return replyWith(packet, payloadLength(packet));
    },
  };
});
