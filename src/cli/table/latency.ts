import type { ObjectSpec } from '../spec.js';
import { COUNT, DEADLINE, HOST, INTERFACE, SIZE } from './echo-options.js';
import { WORKER_SYNOPSIS, workerOptions } from './worker-options.js';

export const latency: ObjectSpec = {
  name: 'latency',
  about: 'round-trip times, worst case first',
  verbs: [
    {
      name: '',
      synopsis: `[ -i IFNAME ] [ -c COUNT ] [ --interval TIME ] [ -s SIZE ] [ -w SECONDS ] [ --icmp | --udp [ -p PORT ] ] [ --histogram | --gnuplot ] [ --compare ADDRESS ] [ -q ] ${WORKER_SYNOPSIS} HOST`,
      about: 'measure round-trip times through the out-of-band stack until Ctrl-C, worst case first',
      words: [HOST],
      options: [
        INTERFACE,
        COUNT,
        {
          name: 'interval',
          value: 'TIME',
          type: { seconds: true },
          default: '1ms',
          about: 'time between two requests, 100us at least',
        },
        SIZE,
        DEADLINE,
        { name: 'icmp', about: 'by ICMP echo, which any host answers: the default' },
        { name: 'udp', about: 'by datagrams that come back: evlnet udp echo on the other end, or an inetd' },
        {
          name: 'port',
          letter: 'p',
          value: 'PORT',
          type: { integer: [1, 65_535] },
          default: '7, echo',
          about: 'the UDP port that they go to',
        },
        { name: 'histogram', about: 'a histogram of the times after the table' },
        { name: 'gnuplot', about: 'the histogram as rows for gnuplot, the rest as comments' },
        {
          name: 'compare',
          value: 'ADDRESS',
          about:
            'beside it ping(8), or datagrams, to this address, which is in-band: another one of the same host',
        },
        { name: 'quiet', letter: 'q', about: 'no row a second' },
        ...workerOptions,
      ],
      json: [
        'path',
        'destination',
        'transmitted',
        'received',
        'loss',
        'overruns',
        'unseen',
        'rtt_us',
        'histogram',
      ],
      examples: [
        { command: 'evlnet latency -w 60 10.10.10.10', does: 'a minute, a thousand requests a second' },
        { command: 'evlnet latency --udp -w 60 10.10.10.10', does: 'the same by UDP' },
        {
          command: 'evlnet latency -w 60 --histogram --compare 192.0.2.10 10.10.10.10',
          does: 'beside the in-band path to the same host',
        },
      ],
      load: () => import('../commands/latency.js'),
    },
  ],
};
