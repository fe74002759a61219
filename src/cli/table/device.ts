import type { WordSpec } from '../spec.js';

/** `[ dev ] IFNAME`, which the command cannot do without. */
export const device: WordSpec = {
  name: 'dev',
  value: 'IFNAME',
  position: 'bare',
  required: true,
  about: 'a base device (eth0) or a VLAN device (eth0.42)',
};

/** `[ [ dev ] IFNAME ]`: all of them without it. */
export const anyDevice: WordSpec = {
  name: 'dev',
  value: 'IFNAME',
  position: 'bare',
  about: 'only this one',
};
