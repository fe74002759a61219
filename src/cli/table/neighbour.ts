import type { ObjectSpec } from '../spec.js';
import { anyDevice } from './device.js';

export const neighbour: ObjectSpec = {
  name: 'neighbour',
  aliases: ['neighbor'],
  about: 'hosts on the links of ports',
  verbs: [
    {
      name: 'show',
      aliases: ['list', 'lst'],
      synopsis: '[ [ dev ] IFNAME ]',
      about: 'list the hosts whose MAC address is known or asked for',
      words: [anyDevice],
      json: ['dst', 'dev', 'lladdr', 'state', 'updated'],
      examples: [
        { command: 'evlnet neigh', does: 'of all ports' },
        { command: 'evlnet -s neigh show dev eth0.42', does: 'of one, with their age in seconds' },
      ],
      load: () => import('../commands/neighbour-show.js'),
    },
  ],
};
