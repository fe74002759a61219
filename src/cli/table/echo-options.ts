import type { OptionSpec, WordSpec } from '../spec.js';

// What commands that send echo requests have in common.

export const HOST: WordSpec = {
  name: 'HOST',
  value: 'HOST',
  position: 'only',
  required: true,
  about: 'name or IPv4 address',
};

export const INTERFACE: OptionSpec = {
  name: 'interface',
  letter: 'i',
  value: 'IFNAME',
  default: 'the port with the route',
  about: 'the port to leave by',
};

export const COUNT: OptionSpec = {
  name: 'count',
  letter: 'c',
  value: 'COUNT',
  type: { integer: [1, Number.MAX_SAFE_INTEGER] },
  about: 'end after that many requests and their replies',
};

export const SIZE: OptionSpec = {
  name: 'size',
  letter: 's',
  value: 'SIZE',
  type: { integer: [0, 65507] },
  default: '56',
  about: 'octets of payload; beyond the MTU less 28 requests leave in fragments',
};

export const DEADLINE: OptionSpec = {
  name: 'deadline',
  letter: 'w',
  value: 'SECONDS',
  type: { seconds: true },
  about: 'end after that time; exit 4 when -c was not reached',
};
