import type { EvlnetError } from '../errors.js';
import { updateState } from '../state/file.js';
import type { StateDocument } from '../state/schema.js';
import { confirm } from './confirm.js';
import { cannotFindPort } from './not-found.js';
import {
  checkAddress,
  checkDeviceOptions,
  type DeviceOptions,
  hasDeviceOptions,
  type PortOptions,
  recordDeviceOptions,
  withOptions,
} from './options.js';
import { findPlace } from './place.js';
import { warnAboutPort } from './port-warnings.js';
import { recordedPorts } from './recorded-port.js';
import type { Surroundings } from './surroundings.js';
import { readTables } from './tables.js';

/** Changes what is given of an enabled port, and waits for the workers; returns what keeps them from following. */
export async function setPort(
  around: Surroundings,
  ifname: string,
  wanted: PortOptions & DeviceOptions,
): Promise<EvlnetError[]> {
  checkAddress(wanted.address);
  checkDeviceOptions(wanted);
  const tables = await readTables(around);
  const change = (draft: StateDocument) => {
    const port = recordedPorts(draft, tables.links).find((p) => p.ifname === ifname);
    if (port === undefined) {
      findPlace(ifname, {}, tables.links);
      throw cannotFindPort(ifname);
    }
    recordDeviceOptions(draft, port.baseName, ifname, wanted, tables.links);
    draft.ports[ifname] = withOptions(port.entry, wanted);
  };
  const state = updateState(around.state.file, change, around.stateOptions);
  const errors = await confirm(around, state);
  const base = recordedPorts(state, tables.links).find((p) => p.ifname === ifname)?.baseName;
  if (hasDeviceOptions(wanted)) await warnAboutWorker(around, base, 'driver, mode and buffers');
  warnAboutPort(around, state, ifname, tables);
  return errors;
}

/** Where a worker runs on `base`: what is chosen when it starts is `kept`. */
export async function warnAboutWorker(
  around: Surroundings,
  base: string | undefined,
  kept: string,
): Promise<void> {
  const worker = (await around.system.workers(around.state)).find((w) => w.device === base && w.isAlive);
  if (worker)
    around.warn(
      `The worker of "${base}" (pid ${worker.pid}) goes on with the ${kept} that it has`,
      'end it and start it again',
    );
}
