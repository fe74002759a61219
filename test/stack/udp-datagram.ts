import { buildFrame } from '../build-frame.js';

export interface DatagramFields {
  vid: number;
  payload?: string;
  destination?: string;
  mac?: string;
}

/** A tagged frame with a datagram from port 4000 of the issuer to port 5000 of the responder. */
export const datagram = ({ vid, payload = 'x', destination, mac }: DatagramFields): Uint8Array =>
  buildFrame({
    tags: [{ vid }],
    ...(mac === undefined ? {} : { destination: mac }),
    ipv4: { protocol: 17, ...(destination === undefined ? {} : { destination }) },
    udp: { sourcePort: 4000, destinationPort: 5000 },
    payload: new Uint8Array(Buffer.from(payload)),
  });
