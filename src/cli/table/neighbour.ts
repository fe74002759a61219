import type { ObjectSpec, WordSpec } from '../spec.js';
import { anyDevice } from './device.js';

const host: WordSpec = {
  name: 'HOST',
  value: 'HOST',
  position: 'only',
  required: true,
  about: 'name or IPv4 address',
};
const port: WordSpec = { name: 'dev', value: 'IFNAME', required: true, about: 'on the link of this port' };

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
    {
      name: 'solicit',
      synopsis: 'HOST [ dev IFNAME ] [ permanent ] [ gateway ] [ -w SECONDS ]',
      about: 'ask for a host now, so that the first packet need not wait; return when it has answered',
      words: [
        { ...host, about: 'name or IPv4 address; of broadcast there is nobody to ask' },
        { name: 'dev', value: 'IFNAME', about: 'through this port' },
        { name: 'permanent', about: 'keep its MAC address for good' },
        { name: 'gateway', about: 'the host may be behind a gateway, which is asked for in its place' },
      ],
      options: [
        {
          name: 'deadline',
          letter: 'w',
          value: 'SECONDS',
          type: { seconds: true },
          default: '5',
          about: 'how long to wait; exit 4 when it has not answered',
        },
      ],
      examples: [
        { command: 'evlnet neigh solicit 10.10.10.10', does: 'before a program starts that must not wait' },
        { command: 'evlnet neigh solicit plc7 permanent', does: 'once and for all' },
      ],
      load: () => import('../commands/neighbour-solicit.js'),
    },
    {
      name: 'add',
      synopsis: 'HOST lladdr MAC dev IFNAME',
      about: 'set a permanent neighbour',
      words: [host, { name: 'lladdr', value: 'MAC', required: true, about: 'its MAC address' }, port],
      examples: [
        {
          command: 'evlnet neigh add 10.10.10.10 lladdr 02:fc:00:00:00:02 dev eth0.42',
          does: 'it is never asked for',
        },
      ],
      load: () => import('../commands/neighbour-add.js'),
    },
    {
      name: 'del',
      aliases: ['delete'],
      synopsis: 'HOST dev IFNAME',
      about: 'forget a neighbour, permanent or not',
      words: [host, port],
      load: () => import('../commands/neighbour-del.js'),
    },
    {
      name: 'flush',
      synopsis: '[ [ dev ] IFNAME ]',
      about: 'forget all neighbours that are not permanent',
      words: [anyDevice],
      load: () => import('../commands/neighbour-flush.js'),
    },
  ],
  notes: [
    "On a device of the kernel's the table is the kernel's, as is ARP, and add, del and flush change that." +
      ' On an evlnet VLAN port permanent neighbours are recorded in the state file.',
  ],
};
