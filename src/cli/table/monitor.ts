import type { ObjectSpec } from '../spec.js';

export const monitor: ObjectSpec = {
  name: 'monitor',
  about: 'events as they happen',
  verbs: [
    {
      name: '',
      synopsis: '[ all | port | vlans | filter | neigh | worker | link ]...',
      about: 'print what is new, different or gone, a record an event, until Ctrl-C',
      words: [
        { name: 'all', about: 'all of them, with a label in front; so without a word' },
        { name: 'port', about: 'ports: recorded, running, down, without their worker' },
        { name: 'vlans', about: 'the set of out-of-band VLANs' },
        { name: 'filter', about: 'filters: recorded, running, failed' },
        {
          name: 'neigh',
          aliases: ['neighbour'],
          about: 'hosts on the links of ports, permanent ones among them',
        },
        { name: 'worker', about: 'workers that start and end, and what they serve' },
        { name: 'link', about: 'the devices that have ports' },
      ],
      json: ['timestamp', 'event', 'deleted'],
      examples: [
        { command: 'evlnet -ts monitor', does: 'everything, with the time' },
        { command: 'evlnet -j monitor port worker', does: 'for a program that watches over ports' },
      ],
      load: () => import('../commands/monitor.js'),
    },
  ],
};
