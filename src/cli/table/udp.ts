import type { ObjectSpec, OptionSpec } from '../spec.js';
import { timesOption } from '../times.js';
import { WORKER_SYNOPSIS, workerOptions } from './worker-options.js';

// The letters and defaults are those of oob-net-udp.
const through = (otherwise: string, about: string): OptionSpec => ({
  name: 'interface',
  letter: 'i',
  value: 'IFNAME',
  default: otherwise,
  about,
});
const address = (about: string): OptionSpec => ({
  name: 'address',
  letter: 'a',
  value: '{ ADDR | broadcast }',
  required: true,
  about,
});
const port = (otherwise: number): OptionSpec => ({
  name: 'port',
  letter: 'p',
  value: 'PORT',
  type: { integer: [1, 65_535] },
  default: String(otherwise),
  about: 'the UDP port',
});
const iterations: OptionSpec = {
  name: 'iterations',
  letter: 'I',
  value: 'COUNT',
  type: { integer: [0, Number.MAX_SAFE_INTEGER] },
  default: '0: until Ctrl-C',
  about: 'end after that many datagrams',
};

const silent: OptionSpec = {
  name: 'silent',
  letter: 's',
  about: 'no lines before the first datagram',
};

export const udp: ObjectSpec = {
  name: 'udp',
  about: 'receive, send and echo datagrams',
  verbs: [
    {
      name: 'recv',
      synopsis: `-a { ADDR | broadcast } [ -p PORT ] [ -i IFNAME ] [ -I COUNT ] [ -s | -d ] [ --times ] ${WORKER_SYNOPSIS}`,
      about: 'receive datagrams, a line each, until Ctrl-C',
      options: [
        address('the own address to receive at, or a group, which is joined; broadcast is 255.255.255.255'),
        port(42_042),
        through('every port of the device', 'receive through that port only'),
        iterations,
        silent,
        { name: 'dump', letter: 'd', about: 'also where each comes from, and its octets' },
        timesOption('also when each was at the driver, in the queue, at this program'),
        ...workerOptions,
      ],
      examples: [
        { command: 'evlnet udp recv -a 10.10.10.11', does: 'what comes to UDP port 42042' },
        { command: 'evlnet udp recv -a broadcast -i eth0.42 -d', does: 'what is sent to all hosts' },
        { command: 'evlnet udp recv -a 239.1.2.3 -p 5000', does: 'what is sent to a group' },
      ],
      load: () => import('../commands/udp-recv.js'),
    },
    {
      name: 'send',
      synopsis: `-a { ADDR | broadcast } [ -p PORT ] [ -m TEXT ] [ -n REPEAT ] [ -I COUNT ] [ --interval SECONDS ] [ -i IFNAME ] [ -s ] [ --times ] ${WORKER_SYNOPSIS}`,
      about: 'send a text again and again, until Ctrl-C; the host is solicited first',
      options: [
        address('where to send to, a host or a group; broadcast is 255.255.255.255'),
        port(42_042),
        { name: 'message', letter: 'm', value: 'TEXT', default: 'Mellow sword!', about: 'the text' },
        {
          name: 'repeat',
          letter: 'n',
          value: 'REPEAT',
          type: { integer: [1, 65_507] },
          default: '1',
          about: 'how often a datagram has it',
        },
        iterations,
        {
          name: 'interval',
          value: 'SECONDS',
          type: { seconds: true },
          default: '1',
          about: 'time between two datagrams, 0.001 at least',
        },
        through('the port with the route', 'send through that port only'),
        silent,
        timesOption('when each was sent by this program, in the queue, done with by the driver'),
        ...workerOptions,
      ],
      examples: [
        { command: 'evlnet udp send -a 10.10.10.10 -I 3', does: 'three datagrams, a second apart' },
        { command: 'evlnet udp send -a broadcast -i eth0.42 -m hello', does: 'to all hosts of a VLAN' },
      ],
      load: () => import('../commands/udp-send.js'),
    },
    {
      name: 'echo',
      synopsis: `-i IFNAME [ -p PORT ] ${WORKER_SYNOPSIS}`,
      about: 'send datagrams back to where they come from (RFC 862), until Ctrl-C',
      options: [
        { name: 'interface', letter: 'i', value: 'IFNAME', required: true, about: 'the port' },
        port(7),
        ...workerOptions,
      ],
      examples: [{ command: 'evlnet udp echo -i eth0.42', does: 'answer on UDP port 7' }],
      load: () => import('../commands/udp-echo.js'),
    },
  ],
};
