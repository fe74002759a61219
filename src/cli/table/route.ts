import type { ObjectSpec } from '../spec.js';
import { anyDevice } from './device.js';

export const route: ObjectSpec = {
  name: 'route',
  about: 'where packets leave by which port',
  verbs: [
    {
      name: 'show',
      aliases: ['list', 'lst'],
      synopsis: '[ [ dev ] IFNAME ]',
      about: 'list the routes, in the order in which they are tried',
      words: [anyDevice],
      json: ['dst', 'gateway', 'dev', 'scope', 'prefsrc', 'metric'],
      examples: [
        { command: 'evlnet route', does: 'of all ports' },
        { command: 'evlnet -j route show dev eth0.42', does: 'of one, as JSON' },
      ],
      load: () => import('../commands/route-show.js'),
    },
    {
      name: 'get',
      synopsis: 'HOST [ dev IFNAME ]',
      about: 'print the way to a host: port, gateway, source address, neighbour',
      words: [
        { name: 'HOST', value: 'HOST', position: 'only', required: true, about: 'name or IPv4 address' },
        { name: 'dev', value: 'IFNAME', about: 'through this port' },
      ],
      json: ['type', 'dst', 'gateway', 'dev', 'prefsrc', 'mtu', 'neighbour'],
      examples: [{ command: 'evlnet route get 10.10.10.10', does: 'what a ping would take' }],
      load: () => import('../commands/route-get.js'),
    },
    {
      name: 'flush',
      synopsis: '',
      about: "have the workers read the kernel's routes anew, and forget path MTUs",
      load: () => import('../commands/route-flush.js'),
    },
  ],
};
