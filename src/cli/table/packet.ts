import type { ObjectSpec, OptionSpec } from '../spec.js';
import { timesOption } from '../times.js';
import { WORKER_SYNOPSIS, workerOptions } from './worker-options.js';

const port = (about: string): OptionSpec => ({
  name: 'interface',
  letter: 'i',
  value: 'IFNAME',
  required: true,
  about,
});

export const packet: ObjectSpec = {
  name: 'packet',
  about: 'receive and send raw Ethernet frames',
  verbs: [
    {
      name: 'recv',
      synopsis: `-i IFNAME [ proto ETHERTYPE ] [ -c COUNT ] [ -w SECONDS ] [ -q | -d ] [ --times ] ${WORKER_SYNOPSIS}`,
      about: 'receive frames, a line each, until Ctrl-C',
      words: [
        {
          name: 'proto',
          value: 'ETHERTYPE',
          default: 'all',
          about: 'frames of that type, kept from everybody else; of all types, copies',
        },
      ],
      options: [
        port('the port that they come through'),
        {
          name: 'count',
          letter: 'c',
          value: 'COUNT',
          type: { integer: [1, Number.MAX_SAFE_INTEGER] },
          about: 'end after that many frames',
        },
        {
          name: 'deadline',
          letter: 'w',
          value: 'SECONDS',
          type: { seconds: true },
          about: 'end after that time; exit 4 when -c was not reached',
        },
        { name: 'quiet', letter: 'q', about: 'only the summary' },
        { name: 'dump', letter: 'd', about: 'also the octets of each frame' },
        timesOption('also when each was at the driver, in the queue, at this program'),
        ...workerOptions,
      ],
      examples: [
        { command: 'evlnet packet recv -i eth0.42', does: 'whatever evlnet takes of VLAN 42' },
        {
          command: 'evlnet packet recv -i eth0 proto 0x88a4 -c 1 -d',
          does: 'an EtherCAT frame with its octets',
        },
      ],
      load: () => import('../commands/packet-recv.js'),
    },
    {
      name: 'send',
      synopsis: `-i IFNAME { hex BYTES... | - } [ --pcp PCP ] ${WORKER_SYNOPSIS}`,
      about: 'send frames, each from its MAC addresses on',
      words: [
        { name: 'hex', value: 'BYTES', repeats: true, about: 'a frame in hexadecimal, without a tag' },
        { name: '-', about: 'a frame in hexadecimal a line, or a capture, from standard input' },
      ],
      options: [
        port('the port that they leave by, which puts the tag of its VLAN in'),
        { name: 'pcp', value: 'PCP', type: { integer: [0, 7] }, default: '0', about: 'priority in that tag' },
        ...workerOptions,
      ],
      examples: [
        {
          command: 'evlnet packet send -i eth0.42 --pcp 6 hex ffffffffffff02fc0000000188a40000',
          does: 'one frame, tagged 42 with priority 6',
        },
      ],
      load: () => import('../commands/packet-send.js'),
    },
  ],
};
