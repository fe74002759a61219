import type { ObjectSpec } from '../spec.js';

export const check: ObjectSpec = {
  name: 'check',
  about: 'what this machine can do, and what stands in the way',
  verbs: [
    {
      name: '',
      synopsis: '[ [ dev ] IFNAME ]',
      about: 'kernel, capabilities, XDP, offloads, queues, addresses, libraries, state; exit 2 on a FAIL',
      words: [{ name: 'dev', value: 'IFNAME', position: 'bare', about: 'only this base device' }],
      json: ['status', 'subject', 'what', 'fix'],
      examples: [{ command: 'evlnet check eth0', does: 'before the first port' }],
      load: () => import('../commands/check.js'),
    },
  ],
};
