import { disable } from '../../configuration/disable-port.js';
import type { Context } from '../context.js';
import { exitCode } from '../exit-code.js';
import { incomplete } from '../incomplete.js';

/** `evlnet port disable`: forgets the port, and with a device's last port its options. */
export async function run(context: Context): Promise<number> {
  const given = context.arguments;
  const ifname = given.text('dev');
  if (ifname === undefined && !given.flag('all'))
    throw incomplete('evlnet port disable { [ dev ] IFNAME | all }');
  return exitCode(context, disable(context, ifname));
}
