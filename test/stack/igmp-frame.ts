import { addressOctets, buildFrame, ISSUER, naiveChecksum, RESPONDER } from '../build-frame.js';

export interface IgmpFields {
  vid?: number;
  type?: number;
  /** Tenths of a second. */
  response?: number;
  group?: string;
  /** Octets behind the message, which its checksum covers. */
  more?: number[];
  /** What is wrong with the checksum. */
  off?: number;
  length?: number;
  source?: string;
  destination?: string;
}

/** A general query of IGMPv2 as a router sends it, unless told otherwise. */
export function igmpFrame(fields: IgmpFields = {}): Uint8Array {
  const { vid = 42, type = 0x11, response = 100, group = '0.0.0.0', more = [], off = 0 } = fields;
  const { source = ISSUER.address, destination = '224.0.0.1' } = fields;
  const body = [...addressOctets(group), ...more];
  const sum = naiveChecksum([type, response, 0, 0, ...body]) + off;
  const message = Uint8Array.from([type, response, sum >> 8, sum & 0xff, ...body]);
  const [, b, c, d] = addressOctets(destination);
  const many = [1, 0, 0x5e, b! & 0x7f, c!, d!].map((octet) => octet.toString(16).padStart(2, '0')).join(':');
  const mac = destination.startsWith('2') ? many : RESPONDER.mac;
  return buildFrame({
    tags: [{ vid }],
    destination: mac,
    ipv4: { protocol: 2, ttl: 1, tos: 0xc0, options: '94040000', source, destination },
    payload: message.subarray(0, fields.length ?? message.length),
  });
}
