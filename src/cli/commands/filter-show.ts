import { readPage } from '../../configuration/counters.js';
import { filterDevice } from '../../configuration/filter-device.js';
import { HOOK_COUNTERS } from '../../filter/verdict.js';
import { DeviceCounter } from '../../memory/counters.js';
import { readState } from '../../state/file.js';
import type { Context } from '../context.js';
import { type FilterRecord, filterRecord } from '../filter/record.js';
import { filterView } from '../filter/view.js';
import type { Worker } from '../system.js';

/** `evlnet filter show` */
export async function run(context: Context): Promise<number> {
  const { arguments: given, globals, system, print, state: place, stateOptions } = context;
  const state = readState(place.file, stateOptions);
  const workers = await system.workers(place);
  const ifname = given.text('dev');
  const devices =
    ifname === undefined ? Object.keys(state.filters) : [filterDevice(ifname, state, await system.links())];
  const records: FilterRecord[] = [];
  for (const device of devices) {
    const worker = workers.find((w) => w.device === device);
    const record = filterRecord(device, state.filters[device], worker, globals.statistics);
    if (globals.statistics) await addVerdicts(context, record, worker);
    records.push(record);
  }
  await print.records(filterView, records);
  return 0;
}

async function addVerdicts(
  context: Context,
  record: FilterRecord,
  worker: Worker | undefined,
): Promise<void> {
  const page = await readPage(context, worker, []);
  if (page === undefined) return;
  const of = (name: (typeof HOOK_COUNTERS)[number]) =>
    page.device[DeviceCounter.Hook + HOOK_COUNTERS.indexOf(name)]!;
  record.verdicts = { accept: of('accept'), skip: of('skip'), vlan: of('vlan'), drop: of('drop') };
}
