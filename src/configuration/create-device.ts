import { EvlnetError, Exit } from '../errors.js';
import { readState } from '../state/file.js';
import type { StateDocument } from '../state/schema.js';
import type { Place } from './place.js';
import type { Surroundings } from './surroundings.js';

/**
 * Makes the kernel's VLAN device and brings it up. `change` is tried on the state first, so that nothing is made for a
 * port that will be refused; what was made is removed again when a later step fails.
 */
export async function createDevice(
  around: Surroundings,
  place: Place,
  address: string | undefined,
  change: (draft: StateDocument) => void,
): Promise<void> {
  const { ifname, base, vid } = place;
  change(structuredClone(readState(around.state.file, around.stateOptions)));
  await ip(around, `create "${ifname}"`, [
    ...['link', 'add', 'link', base.ifname, 'name', ifname],
    ...['type', 'vlan', 'id', String(vid)],
  ]);
  try {
    if (address) await ip(around, `add ${address} to "${ifname}"`, ['addr', 'add', address, 'dev', ifname]);
    await ip(around, `bring "${ifname}" up`, ['link', 'set', ifname, 'up']);
  } catch (error) {
    await around.system.run('ip', ['link', 'del', ifname]);
    throw error;
  }
}

async function ip({ system }: Surroundings, act: string, words: readonly string[]): Promise<void> {
  const { code, stderr } = await system.run('ip', words);
  if (code === 0) return;
  const reason = (stderr.trim().split('\n').at(-1) ?? '')
    .replace(/^(RTNETLINK answers|Error): /, '')
    .replace(/\.$/, '');
  const message = `Cannot ${act}: ${reason || `ip exited with ${code}`}`;
  // "Unknown device type" and EOPNOTSUPP are what a kernel without 802.1Q says.
  if (/not supported|unknown device type/i.test(reason))
    throw new EvlnetError('EVL_NO_8021Q', `${message} (this kernel has no 802.1Q)`, {
      exit: Exit.Unsupported,
      hint: 'leave create out: evlnet then serves the VLAN itself',
    });
  const denied = /not permitted/i.test(reason);
  const hint = denied ? 'run as root' : code === 127 ? 'apt install iproute2' : `ip ${words.join(' ')}`;
  throw new EvlnetError(denied ? 'EVL_PERMISSION' : 'EVL_SYSTEM', message, { hint });
}
