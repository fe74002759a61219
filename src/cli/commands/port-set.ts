import type { Link } from '../../linux/link.js';
import { updateState } from '../../state/file.js';
import type { StateDocument } from '../../state/schema.js';
import { confirm } from '../confirm.js';
import type { Context } from '../context.js';
import { incomplete } from '../incomplete.js';
import { cannotFindPort } from '../port/device.js';
import { givenAddress, givenDeviceOptions, recordDeviceOptions, withOptions } from '../port/options.js';
import { findPlace } from '../port/place.js';
import { recordedPorts } from '../port/recorded.js';
import { readTables, warnAboutPort } from '../port/warnings.js';

/** `evlnet port set`: changes an enabled port. */
export async function run(context: Context): Promise<number> {
  const given = context.arguments;
  const ifname = given.text('dev')!;
  const address = givenAddress(given);
  const options = givenDeviceOptions(given);
  const changesPort = address !== undefined || given.has('icmp-errors');
  if (!changesPort && Object.keys(options).length === 0)
    throw incomplete(
      `evlnet port set ${ifname} { pool N | bufsz BYTES | address A/PLEN | driver … | mode … | icmp-errors … }`,
    );
  const tables = await readTables(context);
  const change = (draft: StateDocument) => {
    const port = recordedPorts(draft, tables.links).find((p) => p.ifname === ifname);
    if (port === undefined) {
      findPlace(ifname, {}, tables.links);
      throw cannotFindPort(ifname);
    }
    recordDeviceOptions(draft, port.baseName, ifname, options, tables.links);
    if (changesPort)
      draft.ports[ifname] = withOptions(
        { ...port.entry, ...(address === undefined ? {} : { address }) },
        given,
      );
  };
  const state = updateState(context.state.file, change, context.stateOptions);
  const code = await confirm(context, state);
  if (Object.keys(options).length > 0) await warnAboutWorker(context, state, ifname, tables.links);
  warnAboutPort(context, state, ifname, tables);
  return code;
}

/** Driver, mode and buffers are those a worker started with. */
async function warnAboutWorker(
  context: Context,
  state: StateDocument,
  ifname: string,
  links: readonly Link[],
): Promise<void> {
  const base = recordedPorts(state, links).find((p) => p.ifname === ifname)?.baseName;
  const worker = (await context.system.workers(context.state)).find((w) => w.device === base && w.isAlive);
  if (worker)
    context.warn(
      `The worker of "${base}" (pid ${worker.pid}) goes on with the driver, mode and buffers that it has`,
      'end it and start it again',
    );
}
