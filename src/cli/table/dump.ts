import { VERDICTS } from '../../filter/verdict.js';
import type { ObjectSpec } from '../spec.js';

export const dump: ObjectSpec = {
  name: 'dump',
  about: 'frames with their verdict',
  verbs: [
    {
      name: '',
      synopsis:
        '-i IFNAME [ -r FILE ] [ -c COUNT ] [ -x ] [ -w FILE ] [ verdict { accept | skip | vlan | drop } ]...',
      about: 'what comes to a device, in-band or not, and what becomes of it, until Ctrl-C',
      words: [
        {
          name: 'verdict',
          value: 'VERDICT',
          type: { choices: [...VERDICTS] },
          repeats: true,
          about: 'only frames of which the hook made that; may be given more than once',
        },
      ],
      options: [
        {
          name: 'interface',
          letter: 'i',
          value: 'IFNAME',
          required: true,
          about: 'the port; of a VLAN only what has its tag',
        },
        {
          name: 'count',
          letter: 'c',
          value: 'COUNT',
          type: { integer: [1, Number.MAX_SAFE_INTEGER] },
          about: 'end after that many frames',
        },
        { name: 'hex', letter: 'x', about: 'also the octets of each frame' },
        {
          name: 'read',
          letter: 'r',
          value: 'FILE',
          about: 'what filter and stack make of a capture instead; - is standard input',
        },
        {
          name: 'write',
          letter: 'w',
          value: 'FILE',
          about: 'a pcapng capture instead of lines, the verdict as comment; - is standard output',
        },
      ],
      json: [
        'timestamp',
        'ifname',
        'verdict',
        'oob',
        'reason',
        'length',
        'captured',
        'queue',
        'summary',
        'hex',
        'stack',
        'drop',
        'sent',
        'frames',
        'lost',
        'taken',
        'transmitted',
        'drops',
      ],
      examples: [
        { command: 'evlnet dump -i eth0', does: 'everything that comes, and what becomes of it' },
        { command: 'evlnet dump -i eth0.42 -c 10 -x verdict vlan', does: 'ten frames that VLAN 42 takes' },
        { command: 'evlnet dump -i eth0 -w - | wireshark -k -i -', does: 'the same in Wireshark' },
        { command: 'evlnet dump -i eth0 -r trace.pcap', does: 'what they would have made of these frames' },
      ],
      load: () => import('../commands/dump.js'),
    },
  ],
};
