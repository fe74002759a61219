import type { ObjectSpec, WordSpec } from '../spec.js';

const list: WordSpec = {
  name: 'LIST',
  value: 'LIST',
  position: 'many',
  required: true,
  about: 'VLAN IDs from 2 to 4094: 42-45,100 or 2-100:1/2',
};

export const vlans: ObjectSpec = {
  name: 'vlans',
  about: 'the set of out-of-band VLANs',
  verbs: [
    {
      name: 'show',
      aliases: ['list', 'lst'],
      synopsis: '',
      about: "print the set, as EVL's /sys/class/evl/net/vlans",
      json: ['vlans'],
      examples: [{ command: 'evlnet -j vlans', does: 'the set as JSON' }],
      load: () => import('../commands/vlans-show.js'),
    },
    {
      name: 'set',
      synopsis: 'LIST',
      about: "replace the whole set; '' clears it",
      words: [list],
      examples: [{ command: 'evlnet vlans set 42-45,100', does: 'exactly these' }],
      load: () => import('../commands/vlans-set.js'),
    },
    {
      name: 'add',
      synopsis: 'LIST',
      about: 'add to the set',
      words: [list],
      examples: [{ command: 'evlnet vlans add 42', does: 'one more' }],
      load: () => import('../commands/vlans-add.js'),
    },
    {
      name: 'del',
      aliases: ['delete'],
      synopsis: 'LIST',
      about: 'take out of the set',
      words: [list],
      examples: [{ command: 'evlnet vlans del 43-45', does: 'these are in-band again' }],
      load: () => import('../commands/vlans-del.js'),
    },
    {
      name: 'clear',
      synopsis: '',
      about: 'empty the set',
      load: () => import('../commands/vlans-clear.js'),
    },
  ],
  notes: [
    'IPv4 of a VID in the set is taken even if no port has it, and then dropped as no-port.' +
      ' 0, 1 and 4095 cannot be in the set.',
  ],
};
