import type { ObjectSpec, VerbSpec } from '../spec.js';
import { anyDevice } from './device.js';

const later = (name: string, about: string): VerbSpec => ({ name, about, synopsis: '' });

export const stats: ObjectSpec = {
  name: 'stats',
  about: 'counters and drop reasons',
  verbs: [
    {
      name: 'show',
      aliases: ['list', 'lst'],
      synopsis: '[ [ dev ] IFNAME ]',
      about: 'every counter and every drop reason',
      words: [anyDevice],
      json: [
        'ifname',
        'link',
        'stats64',
        'verdicts',
        'hook',
        'echo',
        'timestamp_replies',
        'icmp_messages',
        'icmp_errors',
        'arp_replies',
        'arp_learned',
        'igmp',
        'path_mtus',
        'udp_datagrams',
        'udp_replies',
        'packet_frames',
        'reassembled',
        'fragmented',
        'drops',
        'service_time',
      ],
      examples: [
        { command: 'evlnet stats', does: 'all ports' },
        { command: 'evlnet -j stats show dev eth0.42', does: 'one port as JSON, zeros included' },
      ],
      load: () => import('../commands/stats-show.js'),
    },
    {
      name: 'histogram',
      synopsis: '[ [ dev ] IFNAME ] [ for TIME ]',
      about: 'time from the driver to the reply, worst case first',
      words: [
        anyDevice,
        {
          name: 'for',
          value: 'TIME',
          type: { seconds: true },
          about:
            'have the driver tell its times and count garbage collections for that long, show what came meanwhile',
        },
      ],
      json: [
        'ifname',
        'service_time',
        'driver_queue',
        'driver_done',
        'queue_application',
        'application_queue',
        'queue_driver',
        'collections',
      ],
      examples: [
        { command: 'evlnet stats histogram for 10', does: 'what ten seconds bring' },
        { command: 'evlnet -d stats histogram', does: 'since the worker started, with the ranges' },
      ],
      load: () => import('../commands/stats-histogram.js'),
    },
    {
      name: 'openmetrics',
      synopsis: '[ listen ADDR:PORT ]',
      about: 'text for Prometheus',
      words: [
        {
          name: 'listen',
          value: 'ADDR:PORT',
          about: 'serve it by HTTP under /metrics until Ctrl-C; without ADDR on all addresses',
        },
      ],
      examples: [
        { command: 'evlnet stats openmetrics', does: 'print all metrics of this moment' },
        {
          command: 'evlnet stats openmetrics listen 127.0.0.1:9842',
          does: 'answer the scrapes of this host',
        },
      ],
      load: () => import('../commands/stats-openmetrics.js'),
    },
    {
      name: 'reset',
      synopsis: '[ [ dev ] IFNAME ]',
      about: 'start counting at zero again',
      words: [anyDevice],
      load: () => import('../commands/stats-reset.js'),
    },
    later('watch', 'live rates'),
  ],
};
