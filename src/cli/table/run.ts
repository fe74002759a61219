import type { ObjectSpec } from '../spec.js';
import { device } from './device.js';
import { WORKER_SYNOPSIS, workerOptions } from './worker-options.js';

export const run: ObjectSpec = {
  name: 'run',
  about: 'a worker with several services, in the foreground',
  verbs: [
    {
      name: '',
      synopsis: `[ dev ] DEVICE [ icmp-responder ] [ udp-echo PORT ] [ -save ] ${WORKER_SYNOPSIS}`,
      about: 'run services on a base device; without services those that are recorded',
      words: [
        { ...device, value: 'DEVICE', about: 'the base device' },
        { name: 'icmp-responder', aliases: ['icmp'], about: 'answer echo requests on all its ports' },
        {
          name: 'udp-echo',
          value: 'PORT',
          type: { integer: [1, 65535] },
          about: 'send datagrams to that UDP port back',
        },
      ],
      options: [{ name: 'save', about: 'record services and options in the state file' }, ...workerOptions],
      examples: [
        { command: 'evlnet run eth0 icmp-responder udp-echo 7', does: 'two services' },
        { command: 'evlnet run eth0 icmp-responder -save --cpu 1', does: 'and record them' },
        { command: 'evlnet run eth0', does: 'what is recorded, for a service manager' },
      ],
      load: () => import('../commands/run.js'),
    },
  ],
};
