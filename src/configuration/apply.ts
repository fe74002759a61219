import { EvlnetError } from '../errors.js';
import { type Change, changes, keysOf } from '../state/change.js';
import { readState, updateState } from '../state/file.js';
import type { StateDocument } from '../state/schema.js';
import { confirm } from './confirm.js';
import { warnAboutFilter } from './filter-warnings.js';
import { warnAboutPort, warnAboutVids } from './port-warnings.js';
import { warnAboutWorker } from './set-port.js';
import { warnAboutSsh } from './ssh-session.js';
import type { Surroundings } from './surroundings.js';
import type { WantedState } from './wanted-state.js';

/** What applying changed; `state` is as it is recorded then. */
export interface Applied {
  readonly changes: readonly Change[];
  readonly state: StateDocument;
}

/** Records the whole in one step: what another command records before or after is never mixed with it. */
export function record({ state: { file }, stateOptions }: Surroundings, wanted: WantedState): Applied {
  let found: Change[] = [];
  const change = (draft: StateDocument) => {
    found = changes(draft, wanted.state);
    return wanted.state;
  };
  const state = updateState(file, change, stateOptions);
  return { changes: found, state };
}

/** Waits for the workers and looks at the file once more; returns what is not as it was asked for. Warns as the commands do that change the same. */
export async function follow(
  around: Surroundings,
  wanted: WantedState,
  applied: Applied,
): Promise<EvlnetError[]> {
  const { file } = around.state;
  const errors = await confirm(around, applied.state, ...Object.keys(wanted.state.filters));
  await warn(around, wanted, applied);
  const [other] = changes(readState(file, around.stateOptions), wanted.state);
  if (other !== undefined)
    errors.push(
      new EvlnetError(
        'EVL_STATE_CHANGED',
        `The change was recorded, but "${file}" is not what "${wanted.name}" says any more: something else changed ${other.path}`,
        { hint: 'have one at a time change it, and apply again' },
      ),
    );
  return errors;
}

async function warn(
  around: Surroundings,
  { tables, filters }: WantedState,
  { changes, state }: Applied,
): Promise<void> {
  const touched = (table: string) =>
    new Set(
      changes
        .map(({ path }) => keysOf(path))
        .filter(([first]) => first === table)
        .map(([, second]) => second!),
    );
  const ports = touched('ports');
  for (const ifname of ports) warnAboutPort(around, state, ifname, tables);
  if (ports.size + touched('vlans').size > 0) warnAboutVids(around, state, tables.links);
  for (const [device, opened] of filters) warnAboutFilter(around, state, device, tables, opened);
  for (const device of touched('devices')) await warnAboutWorker(around, device, 'driver, mode and buffers');
  for (const device of touched('services')) await warnAboutWorker(around, device, 'services and options');
  if (changes.length > 0) await warnAboutSsh(around, state, tables);
}
