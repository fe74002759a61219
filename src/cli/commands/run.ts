import { cannotFindDevice, cannotFindPort } from '../../configuration/not-found.js';
import { warnAboutSsh } from '../../configuration/ssh-session.js';
import { runRoot } from '../../control/run-folder.js';
import { type EvlnetError, Exit, usage } from '../../errors.js';
import type { Link } from '../../linux/link.js';
import { readState, updateState } from '../../state/file.js';
import { placePort } from '../../state/place.js';
import type { ServiceState, StateDocument, WorkerState } from '../../state/schema.js';
import { runSession } from '../../worker/session.js';
import type { Context } from '../context.js';
import { workerArguments } from '../worker-arguments.js';

/** evlnet run: a worker with the services named, or those recorded, until it is told to end. */
export async function run(context: Context): Promise<number> {
  const { arguments: given, io } = context;
  const device = given.text('dev')!;
  const state = readState(context.state.file, context.stateOptions);
  const recorded = state.services[device];
  const named: ServiceState[] = [
    ...(given.flag('icmp-responder') ? [{ service: 'icmp-responder' as const }] : []),
    ...(given.has('udp-echo') ? [{ service: 'udp-echo' as const, udpPort: given.number('udp-echo')! }] : []),
  ];
  const services = named.length > 0 ? named : (recorded?.services ?? []);
  const links = await context.system.links();
  const ports = Object.entries(state.ports).filter(
    ([name, entry]) => placePort(name, entry, links).base === device,
  );
  if (ports.length === 0) throw noPort(device, state, links);
  if (services.length === 0)
    throw usage(
      'EVL_NO_SERVICE',
      `No service is recorded for "${device}"`,
      `evlnet run ${device} icmp-responder -save`,
    );
  await warnAboutSsh(context, state, { links, addresses: await context.system.addresses() });
  const options = workerArguments(given, recorded);
  if (given.flag('save')) save(context, device, { ...recorded, services, ...defined(options) });

  await runSession({
    ...options,
    device,
    stateFile: context.state.file,
    runRoot: runRoot(context.state),
    wanted: services,
    sink: { trace() {}, suppressed() {}, warning: (message, hint) => context.warn(message, hint) },
    mayAttach: false,
    signal: io.stop(),
    onStarted: () => io.stdout.write(`${device}: ${services.map((s) => s.service).join(', ')} running\n`),
    onTally() {},
  });
  return Exit.Ok;
}

/** Why there is nothing to run on: no such device, a VLAN in the place of its base device, or no port. */
function noPort(device: string, state: StateDocument, links: readonly Link[]): EvlnetError {
  const entry = state.ports[device];
  if (entry) {
    const { base } = placePort(device, entry, links);
    return usage(
      'EVL_NOT_BASE',
      `Cannot run a worker on "${device}": it is a VLAN of "${base}"`,
      `evlnet run ${base}`,
    );
  }
  return links.some((l) => l.ifname === device) ? cannotFindPort(device) : cannotFindDevice(device, links);
}

function save(context: Context, device: string, worker: WorkerState): void {
  updateState(
    context.state.file,
    (draft) => {
      draft.services[device] = worker;
    },
    context.stateOptions,
  );
}

const defined = <T extends object>(options: T): { [K in keyof T]?: NonNullable<T[K]> } =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
