import type { ObjectSpec } from '../spec.js';
import { WORKER_SYNOPSIS, workerOptions } from './worker-options.js';

export const icmpResponder: ObjectSpec = {
  name: 'icmp-responder',
  about: 'answer echo requests on a port',
  verbs: [
    {
      name: '',
      synopsis: `-i IFNAME [ -s | -v | -d ] [ -c COUNT ] [ -w SECONDS ] ${WORKER_SYNOPSIS}`,
      about: 'answer echo requests on a port, a line a packet, until Ctrl-C',
      options: [
        { name: 'interface', letter: 'i', value: 'IFNAME', required: true, about: 'the port' },
        { name: 'silent', letter: 's', about: 'no line a packet' },
        { name: 'verbose', letter: 'v', about: 'also addresses, id, seq and service time' },
        { name: 'dump', letter: 'd', about: 'dump the packets as oob-net-icmp does' },
        {
          name: 'count',
          letter: 'c',
          value: 'COUNT',
          type: { integer: [1, Number.MAX_SAFE_INTEGER] },
          about: 'end after that many replies',
        },
        {
          name: 'deadline',
          letter: 'w',
          value: 'SECONDS',
          type: { seconds: true },
          about: 'end after that time; exit 4 when -c was not reached',
        },
        ...workerOptions,
      ],
      examples: [
        { command: 'evlnet icmp-responder -i eth0.42', does: 'answer, a line a packet' },
        { command: 'evlnet icmp -i eth0.42 -s', does: 'under flood: only the summary' },
      ],
      load: () => import('../commands/icmp-responder.js'),
    },
  ],
};
