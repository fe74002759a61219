import { LIMITS } from '../../configuration/limits.js';
import type { ObjectSpec, WordSpec } from '../spec.js';
import { anyDevice, device } from './device.js';

// EVL: 0 is the default.
const pool: WordSpec = {
  name: 'pool',
  value: 'N',
  type: { integer: [0, LIMITS.pool] },
  default: '2048',
  about: 'buffers of the device; 0 is the default',
};
const bufsz: WordSpec = {
  name: 'bufsz',
  value: 'BYTES',
  type: { integer: [0, LIMITS.bufsz] },
  default: '4096',
  about: 'octets a buffer; 0 is the default',
};
const driver: WordSpec = {
  name: 'driver',
  value: 'DRIVER',
  type: { choices: ['auto', 'xdp', 'pcap'] },
  default: 'auto',
  about: 'how frames are taken; auto is the first that works',
};
const mode: WordSpec = {
  name: 'mode',
  value: 'MODE',
  type: { choices: ['auto', 'native', 'generic'] },
  default: 'auto',
  about: 'native: in the driver; generic: after the kernel built its buffer',
};
const address: WordSpec = {
  name: 'address',
  aliases: ['addr'],
  value: 'A/PLEN',
  about: 'IPv4 address of an evlnet VLAN port, such as 10.10.10.11/24',
};
const icmpErrors: WordSpec = {
  name: 'icmp-errors',
  value: '{ on | off }',
  type: { choices: ['on', 'off'] },
  default: 'off',
  about: 'send ICMP errors as Linux does, where EVL is silent',
};

export const port: ObjectSpec = {
  name: 'port',
  about: 'interfaces whose traffic may be taken out-of-band',
  verbs: [
    {
      name: 'show',
      aliases: ['list', 'lst'],
      synopsis: '[ [ dev ] IFNAME ] [ up | down ]',
      about: 'list the ports, with the driver and mode that really run',
      words: [
        anyDevice,
        { name: 'up', about: 'only those that run' },
        { name: 'down', about: 'only those that do not' },
      ],
      json: [
        'ifindex',
        'ifname',
        'link',
        'flags',
        'mtu',
        'vid',
        'operstate',
        'driver',
        'mode',
        'zerocopy',
        'queues',
        'worker',
        'lladdr',
        'addr_info',
        'pool',
        'bufsz',
        'spin',
        'cpu',
        'priority',
        'filter',
        'ethertype',
        'icmp_errors',
        'why',
        'changed',
        'page_faults',
        'xdp',
        'wants',
        'stats64',
      ],
      examples: [
        { command: 'evlnet port', does: 'all ports' },
        { command: 'evlnet -br port show up', does: 'those that run, a line each' },
        { command: 'evlnet -j -p port show eth0.42', does: 'one port as JSON' },
      ],
      load: () => import('../commands/port-show.js'),
    },
    {
      name: 'enable',
      synopsis:
        '[ dev ] IFNAME [ link DEVICE ] [ vid N ] [ address A/PLEN ] [ pool N ] [ bufsz BYTES ]' +
        ' [ driver { auto | xdp | pcap } ] [ mode { auto | native | generic } ] [ ethertype any ]' +
        ' [ icmp-errors { on | off } ] [ create ]',
      about: 'make a base device or a VLAN device a port',
      words: [
        device,
        { name: 'link', value: 'DEVICE', about: 'base device, where the name does not say it' },
        {
          name: 'vid',
          aliases: ['id'],
          value: 'N',
          type: { integer: [0, 0xffff_ffff] },
          about: 'VLAN ID, where the name does not say it',
        },
        address,
        pool,
        bufsz,
        driver,
        mode,
        {
          name: 'ethertype',
          value: 'any',
          type: { choices: ['any'] },
          about: 'let ACCEPT deliver what is not IPv4 to packet sockets and services',
        },
        icmpErrors,
        { name: 'create', about: "make the kernel's VLAN device too" },
      ],
      examples: [
        { command: 'evlnet port enable eth0.42', does: 'a VLAN device that the kernel has' },
        {
          command: 'evlnet port enable eth0.42 address 10.10.10.11/24',
          does: 'one that the kernel does not have',
        },
        {
          command: 'evlnet port enable cell link eth0 vid 42 address 10.10.10.11/24',
          does: 'the same under a name of its own',
        },
      ],
      load: () => import('../commands/port-enable.js'),
    },
    {
      name: 'disable',
      synopsis: '{ [ dev ] IFNAME | all }',
      about: 'make it an ordinary interface again',
      words: [
        { ...anyDevice, about: device.about },
        { name: 'all', about: 'every port' },
      ],
      examples: [
        { command: 'evlnet port disable eth0.42', does: 'one port' },
        { command: 'evlnet port disable all', does: 'every port' },
      ],
      load: () => import('../commands/port-disable.js'),
    },
    {
      name: 'set',
      synopsis:
        '[ dev ] IFNAME { pool N | bufsz BYTES | address A/PLEN | driver { auto | xdp | pcap }' +
        ' | mode { auto | native | generic } | icmp-errors { on | off } }',
      about: 'change a port',
      words: [device, pool, bufsz, address, driver, mode, icmpErrors],
      examples: [
        { command: 'evlnet port set eth0.42 address 10.10.10.11/24', does: 'give it an address' },
        { command: 'evlnet port set eth0 mode generic', does: 'choose the XDP mode' },
      ],
      load: () => import('../commands/port-set.js'),
    },
    {
      name: 'query',
      synopsis: '[ dev ] IFNAME [ RrTtosfacx ]',
      about: 'the report of "evl net -Q"; with letters only those values, on one line',
      words: [
        device,
        {
          name: 'letters',
          value: 'RrTtosfacx',
          position: 'only',
          about:
            'R rx packets, r rx bytes, T tx packets, t tx bytes, o capability, s buffer size, f free buffers, a all buffers, c checksum errors, x rx and tx without memory',
        },
      ],
      json: [
        'ifname',
        'oob_capable',
        'rx_packets',
        'rx_bytes',
        'tx_packets',
        'tx_bytes',
        'skb_size',
        'skb_free',
        'skb_total',
        'csum_errors',
        'rx_nomem',
        'tx_nomem',
      ],
      examples: [
        { command: 'evlnet port query eth0.42', does: 'the whole report' },
        { command: 'evlnet port query eth0.42 RT', does: 'packets received and sent' },
      ],
      load: () => import('../commands/port-query.js'),
    },
  ],
  notes: [
    'A VLAN device that the kernel does not have is an evlnet VLAN port: base and VID come from its name (eth0.42)' +
      " or from link and vid, its MAC address is the base device's, and evlnet answers ARP for its address.",
    'Driver, mode, pool and bufsz belong to the base device: its first port sets them.',
  ],
};
