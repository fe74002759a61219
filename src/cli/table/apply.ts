import type { ObjectSpec } from '../spec.js';

export const apply: ObjectSpec = {
  name: 'apply',
  about: 'make the state what a file says',
  verbs: [
    {
      name: '',
      synopsis: 'FILE [ --dry-run ]',
      about:
        'make the recorded configuration that of FILE, which "evlnet state export" writes; print what changes, a line each',
      words: [
        {
          name: 'FILE',
          value: 'FILE',
          position: 'only',
          required: true,
          about: 'the whole configuration, what is not in it is removed; - is standard input',
        },
      ],
      options: [{ name: 'dry-run', about: 'change nothing; exit code 4 where there is a difference' }],
      json: ['op', 'path', 'value', 'old'],
      examples: [
        { command: 'evlnet apply node7.json --dry-run', does: 'what would change' },
        { command: 'evlnet -n cell apply node7.json', does: 'in a network namespace' },
      ],
      load: () => import('../commands/apply.js'),
    },
  ],
};
