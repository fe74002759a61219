import type { ObjectSpec } from '../spec.js';
import { WORKER_SYNOPSIS, workerOptions } from './worker-options.js';

export const ping: ObjectSpec = {
  name: 'ping',
  about: 'echo requests through the out-of-band stack',
  verbs: [
    {
      name: '',
      synopsis: `[ -i IFNAME ] [ -c COUNT ] [ -s SIZE ] [ -f | --interval SECONDS ] [ -w SECONDS ] [ -q ] ${WORKER_SYNOPSIS} HOST`,
      about: 'send echo requests through the out-of-band stack, a line a reply, until Ctrl-C',
      words: [
        { name: 'HOST', value: 'HOST', position: 'only', required: true, about: 'name or IPv4 address' },
      ],
      options: [
        {
          name: 'interface',
          letter: 'i',
          value: 'IFNAME',
          default: 'the port with the route',
          about: 'the port to leave by',
        },
        {
          name: 'count',
          letter: 'c',
          value: 'COUNT',
          type: { integer: [1, Number.MAX_SAFE_INTEGER] },
          about: 'end after that many requests and their replies',
        },
        {
          name: 'size',
          letter: 's',
          value: 'SIZE',
          type: { integer: [0, 65507] },
          default: '56',
          about: 'octets of payload; beyond the MTU less 28 requests leave in fragments',
        },
        { name: 'flood', letter: 'f', about: 'as fast as replies come, a hundred a second at least' },
        {
          name: 'interval',
          value: 'SECONDS',
          type: { seconds: true },
          default: '1',
          about: 'time between two requests, 0.001 at least',
        },
        {
          name: 'deadline',
          letter: 'w',
          value: 'SECONDS',
          type: { seconds: true },
          about: 'end after that time; exit 4 when -c was not reached',
        },
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
