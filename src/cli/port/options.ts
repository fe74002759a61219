import type { DeviceOptions, PortOptions } from '../../configuration/options.js';
import type { Arguments } from '../arguments.js';

/** What was given of the options that belong to the base device. */
export const givenDeviceOptions = (given: Arguments): DeviceOptions => ({
  driver: given.text('driver') as DeviceOptions['driver'],
  mode: given.text('mode') as DeviceOptions['mode'],
  pool: given.number('pool'),
  bufsz: given.number('bufsz'),
});

/** What was given of the port's own. */
export const givenPortOptions = (given: Arguments): PortOptions => {
  const icmpErrors = given.text('icmp-errors');
  return {
    address: given.text('address'),
    ethertype: given.text('ethertype') as PortOptions['ethertype'],
    icmpErrors: icmpErrors === undefined ? undefined : icmpErrors === 'on',
  };
};
