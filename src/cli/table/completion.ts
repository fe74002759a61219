import type { ObjectSpec } from '../spec.js';

export const completion: ObjectSpec = {
  name: 'completion',
  about: 'programmable completion for a shell',
  verbs: [
    {
      name: 'bash',
      synopsis: '',
      about: 'print the script for bash',
      examples: [
        {
          command: 'evlnet completion bash > /etc/bash_completion.d/evlnet',
          does: 'for every user of this machine',
        },
      ],
      load: () => import('../commands/completion-bash.js'),
    },
  ],
};
