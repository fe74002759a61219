import { readStats64 } from '../../configuration/counters.js';
import { cannotFindDevice, cannotFindPort } from '../../configuration/not-found.js';
import { below, findPlace } from '../../configuration/place.js';
import { warnAboutVids } from '../../configuration/port-warnings.js';
import { type RecordedPort, recordedPorts } from '../../configuration/recorded-port.js';
import { readTables, type Tables } from '../../configuration/tables.js';
import { readState } from '../../state/file.js';
import type { Context } from '../context.js';
import { deviceRecord, type PortRecord, portRecord } from '../port/record.js';
import { portView } from '../port/view.js';
import type { Worker } from '../system.js';

const ARPHRD_ETHER = 1;

/** `evlnet port show` */
export async function run(context: Context): Promise<number> {
  const { arguments: given, globals, system, print } = context;
  const state = readState(context.state.file, context.stateOptions);
  const [tables, workers] = await Promise.all([readTables(context), system.workers(context.state)]);
  const ports = recordedPorts(state, tables.links);
  const ifname = given.text('dev');
  const sources = { state, addresses: tables.addresses, workers, details: globals.details };

  const records: PortRecord[] = [];
  for (const port of ports) {
    if (ifname !== undefined && port.ifname !== ifname) continue;
    const worker = workers.find((w) => w.device === port.baseName);
    const record = portRecord(port, sources);
    await addHolder(context, record, port, worker);
    if (globals.statistics) record.stats64 = await readStats64(context, worker, port.vid ?? 0);
    records.push(record);
  }
  if (ifname !== undefined && records.length === 0) records.push(disabled(ifname, tables));
  if (ifname === undefined && globals.all) records.push(...allOthers(ports, tables));

  const isUp = (record: PortRecord) => record.operstate === 'RUNNING';
  const chosen = records.filter((r) => (!given.flag('up') || isUp(r)) && (!given.flag('down') || !isUp(r)));
  await print.records(portView, chosen);
  for (const { device, pid } of workers.filter((w) => w.isAlive && w.status === undefined))
    context.warn(
      `The worker of "${device}" (pid ${pid}) does not answer`,
      `if it hangs, kill ${pid}; its traffic is in-band then`,
    );
  for (const { pid, status } of workers) {
    const failure = status?.filter.failure;
    if (failure) context.warn(`Worker ${pid}: ${failure.message}`, failure.hint);
  }
  if (ifname === undefined) warnAboutVids(context, state, tables.links);
  return 0;
}

/** A hook that is taken while no worker of ours has it is why the port cannot run. */
async function addHolder(
  { system }: Context,
  record: PortRecord,
  { base }: RecordedPort,
  worker: Worker | undefined,
): Promise<void> {
  if (base?.xdp === undefined || worker?.isAlive) return;
  const { name, pids } = await system.xdpHolder(base.xdp.progId);
  record.xdp = {
    mode: base.xdp.mode,
    prog: { id: base.xdp.progId, ...(name === '' ? {} : { name }) },
    ...(pids.length === 0 ? {} : { pids }),
  };
}

function disabled(ifname: string, { links, addresses }: Tables): PortRecord {
  const device = links.find((l) => l.ifname === ifname);
  if (device) return deviceRecord(device, below(device, links), addresses);
  // What could be an evlnet VLAN port is not a device either, but can become a port.
  try {
    findPlace(ifname, {}, links);
  } catch {
    throw cannotFindDevice(ifname, links);
  }
  throw cannotFindPort(ifname);
}

const allOthers = (ports: readonly RecordedPort[], { links, addresses }: Tables): PortRecord[] =>
  links
    .filter((l) => l.type === ARPHRD_ETHER && !ports.some((port) => port.ifname === l.ifname))
    .map((l) => deviceRecord(l, below(l, links), addresses));
