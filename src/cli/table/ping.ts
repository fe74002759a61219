import type { ObjectSpec } from '../spec.js';
import { COUNT, DEADLINE, HOST, INTERFACE, SIZE } from './echo-options.js';
import { WORKER_SYNOPSIS, workerOptions } from './worker-options.js';

export const ping: ObjectSpec = {
  name: 'ping',
  about: 'echo requests through the out-of-band stack',
  verbs: [
    {
      name: '',
      synopsis: `[ -i IFNAME ] [ -c COUNT ] [ -s SIZE ] [ -f | --interval SECONDS ] [ -w SECONDS ] [ -q ] ${WORKER_SYNOPSIS} HOST`,
      about: 'send echo requests through the out-of-band stack, a line a reply, until Ctrl-C',
      words: [HOST],
      options: [
        INTERFACE,
        COUNT,
        SIZE,
        { name: 'flood', letter: 'f', about: 'as fast as replies come, a hundred a second at least' },
        {
          name: 'interval',
          value: 'SECONDS',
          type: { seconds: true },
          default: '1',
          about: 'time between two requests, 0.001 at least',
        },
        DEADLINE,
        { name: 'quiet', letter: 'q', about: 'only the summary' },
        ...workerOptions,
      ],
      examples: [
        { command: 'evlnet ping -c 3 10.10.10.10', does: 'three requests' },
        { command: 'evlnet ping -f -q -w 10 -i eth0.42 10.10.10.10', does: 'as many as go in ten seconds' },
      ],
      load: () => import('../commands/ping.js'),
    },
  ],
};
