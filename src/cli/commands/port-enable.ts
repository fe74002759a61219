import { enable } from '../../configuration/enable-port.js';
import type { Context } from '../context.js';
import { exitCode } from '../exit-code.js';
import { givenDeviceOptions, givenPortOptions } from '../port/options.js';

/** `evlnet port enable`: records the port. Enabling it again changes only what is given. */
export function run(context: Context): Promise<number> {
  const given = context.arguments;
  const wanted = {
    ...givenPortOptions(given),
    ...givenDeviceOptions(given),
    link: given.text('link'),
    vid: given.number('vid'),
    create: given.flag('create'),
  };
  return exitCode(context, enable(context, given.text('dev')!, wanted));
}
