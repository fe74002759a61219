import type { ObjectSpec } from '../spec.js';

export const state: ObjectSpec = {
  name: 'state',
  about: 'the recorded configuration',
  verbs: [
    {
      name: 'show',
      aliases: ['list', 'lst'],
      synopsis: '',
      about: 'print what is recorded',
      json: ['path', 'schema', 'rev', 'ports', 'devices', 'vlans', 'filters', 'services'],
      load: () => import('../commands/state-show.js'),
    },
    {
      name: 'path',
      synopsis: '',
      about: 'print where it is recorded',
      json: ['path'],
      load: () => import('../commands/state-path.js'),
    },
    {
      name: 'export',
      synopsis: '[ FILE ]',
      about: 'write it as JSON to FILE, or to standard output',
      words: [
        { name: 'FILE', value: 'FILE', position: 'only', about: 'what to write; - is standard output' },
      ],
      examples: [{ command: 'evlnet state export node7.json', does: 'keep it' }],
      load: () => import('../commands/state-export.js'),
    },
    {
      name: 'reset',
      synopsis: '',
      about: 'forget everything; the file is kept as its backup',
      load: () => import('../commands/state-reset.js'),
    },
  ],
};
