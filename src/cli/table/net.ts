import { LIMITS } from '../../configuration/limits.js';
import type { ObjectSpec } from '../spec.js';

/** Letters, names and order are those of libevl's utils/evl-net.c. */
export const net: ObjectSpec = {
  name: 'net',
  about: "EVL's own switches",
  verbs: [
    {
      name: '',
      synopsis:
        '[ -i IFNAME ] [ -d ] [ -e [ -p COUNT ] [ -b BYTES ] ] [ -F[FILE.o] ] [ -N[LIST] ] [ -n ]' +
        ' [ -s HOST | -S HOST ] [ -g ] [ -Q[LETTERS] ]',
      about:
        'do what "evl net" does with these switches, in its order: disable, enable, filter, VLANs, solicit, query',
      options: [
        { name: 'interface', letter: 'i', value: 'IFNAME', about: 'the port that is meant' },
        { name: 'disable-port', letter: 'd', about: 'port disable' },
        { name: 'enable-port', letter: 'e', about: 'port enable' },
        {
          name: 'pool-size',
          letter: 'p',
          value: 'COUNT',
          type: { integer: [0, LIMITS.pool] },
          about: 'with -e: buffers; 0 is the default',
        },
        {
          name: 'buffer-size',
          letter: 'b',
          value: 'BYTES',
          type: { integer: [0, LIMITS.bufsz] },
          about: 'with -e: octets of one; 0 is the default',
        },
        {
          name: 'filter',
          letter: 'F',
          value: 'FILE.o',
          attached: true,
          about: 'filter set object FILE.o; without it filter unset',
        },
        {
          name: 'set-vlan-ids',
          letter: 'N',
          value: 'LIST',
          attached: true,
          about: 'vlans set LIST; without it vlans clear',
        },
        { name: 'print-vlan-ids', letter: 'n', about: 'vlans show; nothing where there is none' },
        { name: 'solicit', letter: 's', value: 'HOST', about: 'neighbour solicit HOST' },
        { name: 'solicit-permanent', letter: 'S', value: 'HOST', about: 'the same, permanent' },
        { name: 'allow-gateway', letter: 'g', about: 'with -s and -S: gateway' },
        {
          name: 'query-port',
          letter: 'Q',
          value: 'LETTERS',
          attached: true,
          about: 'port query; of LETTERS RrTtosfacx only those values',
        },
      ],
      examples: [
        { command: 'evlnet net -ei eth0.42', does: 'enable a port' },
        { command: 'evlnet net -N42-45,100', does: 'replace the VLAN set' },
        { command: 'evlnet net -QRT -i eth0.42', does: 'packets received and sent' },
      ],
      load: () => import('../commands/net.js'),
    },
  ],
};
