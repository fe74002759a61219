import type { ObjectSpec, WordSpec } from '../spec.js';

const name: WordSpec = {
  name: 'name',
  value: 'NAME',
  default: 'lab',
  about: 'which lab: several may stand side by side',
};

export const lab: ObjectSpec = {
  name: 'lab',
  about: 'hosts in network namespaces, to try evlnet without a network',
  verbs: [
    {
      name: 'status',
      aliases: ['show', 'list', 'lst'],
      synopsis: '[ name NAME ]',
      about: 'hosts, addresses and what runs',
      words: [name],
      json: ['name', 'state', 'kernelVlans', 'owner', 'hosts'],
      load: () => import('../commands/lab-status.js'),
    },
    {
      name: 'up',
      synopsis: '[ name NAME ]',
      about: 'build issuer and responder, joined by an 802.1Q access switch',
      words: [name],
      json: ['name', 'state', 'kernelVlans', 'owner', 'hosts'],
      load: () => import('../commands/lab-up.js'),
    },
    {
      name: 'down',
      synopsis: '[ name NAME ]',
      about: 'remove everything again',
      words: [name],
      load: () => import('../commands/lab-down.js'),
    },
    {
      name: 'run',
      synopsis: '[ name NAME ]',
      about: 'the whole demonstration: up, responder, ping, counters, down',
      words: [name],
      load: () => import('../commands/lab-run.js'),
    },
    {
      name: 'exec',
      synopsis: '[ name NAME ] HOST CMD...',
      about: 'run a command on a host of the lab',
      words: [
        name,
        { name: 'HOST', value: 'HOST', position: 'only', required: true, about: 'issuer or responder' },
        {
          name: 'CMD',
          value: 'CMD...',
          position: 'rest',
          required: true,
          about: 'as it would be typed there',
        },
      ],
      examples: [
        { command: 'evlnet lab up', does: 'build it' },
        { command: 'evlnet lab exec issuer ping -c 3 10.10.10.11', does: 'ping the responder over VLAN 42' },
      ],
      load: () => import('../commands/lab-exec.js'),
    },
  ],
};
