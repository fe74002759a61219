import type { ObjectSpec } from '../spec.js';
import { anyDevice } from './device.js';

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
      name: 'watch',
      synopsis: '[ [ dev ] IFNAME ] [ interval TIME ] [ count N ]',
      about: 'rates as they change, with times, worst case first, until Ctrl-C',
      words: [
        anyDevice,
        {
          name: 'interval',
          value: 'TIME',
          type: { seconds: true },
          default: '1s',
          about: 'time between two looks, 100ms at least',
        },
        {
          name: 'count',
          value: 'N',
          type: { integer: [1, Number.MAX_SAFE_INTEGER] },
          about: 'end after so many intervals',
        },
      ],
      json: ['timestamp', 'interval', 'workers', 'stats', 'times'],
      examples: [
        { command: 'evlnet stats watch', does: 'every second, all ports' },
        {
          command: 'evlnet -j stats watch dev eth0.42 interval 10 count 6',
          does: 'a minute in six lines of JSON',
        },
      ],
      load: () => import('../commands/stats-watch.js'),
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
  ],
};
