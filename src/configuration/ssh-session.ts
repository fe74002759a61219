import { EvlnetError } from '../errors.js';
import type { Outcome } from '../filter/classify.js';
import type { OpenFilter } from '../filter/open.js';
import type { Flow } from '../filter/sample.js';
import { Verdict } from '../filter/verdict.js';
import type { Link } from '../linux/link.js';
import type { StateDocument } from '../state/schema.js';
import { formatIpv4 } from '../wire/address.js';
import { below } from './place.js';
import { recordedPorts } from './recorded-port.js';
import type { Surroundings } from './surroundings.js';
import type { Tables } from './tables.js';

/** Warns when frames of the session's own SSH connection are, or are about to be, taken out-of-band or dropped. */
export async function warnAboutSsh(
  around: Surroundings,
  state: StateDocument,
  tables: Tables,
): Promise<void> {
  const end = await endOfSession(around, state, tables);
  if (end === undefined) return;
  const { device, base, outcome } = end;
  const hint =
    outcome.verdict === Verdict.Vlan ? `evlnet vlans del ${device.vlan?.id}` : `evlnet filter unset ${base}`;
  around.warn(
    `This SSH session comes in by "${device.ifname}": it stops while a worker runs on "${base}"`,
    hint,
  );
}

/** Throws EVL_SESSION for a filter of `base` that would end the session. */
export async function refuseEndOfSession(
  around: Surroundings,
  state: StateDocument,
  base: string,
  tables: Tables,
  filter: OpenFilter,
): Promise<void> {
  const end = await endOfSession(around, state, tables, { base, filter });
  if (end?.base !== base) return;
  const what = end.outcome.verdict === Verdict.Drop ? 'drop' : 'take';
  const frames = `${end.device.vlan ? `vlan ${end.device.vlan.id} and ` : ''}tcp port ${end.flow.serverPort}`;
  throw new EvlnetError(
    'EVL_SESSION',
    `Cannot set the filter of "${base}": it would ${what} this SSH session, which comes in by "${end.device.ifname}"`,
    {
      hint: `let it skip '${frames}', or go on all the same: evlnet -force …`,
    },
  );
}

interface EndOfSession {
  readonly flow: Flow;
  /** By which it comes in. */
  readonly device: Link;
  readonly base: string;
  readonly outcome: Outcome;
}

/** Nothing where there is no session, or it goes on. `instead`: a filter in place of the recorded one. */
async function endOfSession(
  around: Surroundings,
  state: StateDocument,
  tables: Tables,
  instead?: { readonly base: string; readonly filter: OpenFilter },
): Promise<EndOfSession | undefined> {
  // sudo(8) drops the variable, but not our ancestors.
  const text = around.env.SSH_CONNECTION ?? (await around.system.inherited('SSH_CONNECTION'));
  const flow = text === undefined ? undefined : flowOf(text);
  if (flow === undefined) return undefined;
  const device = await deviceOf(around, flow.server, tables);
  const base = device && below(device, tables.links)?.ifname;
  if (!device?.lladdr || base === undefined) return undefined;
  if (!recordedPorts(state, tables.links).some((port) => port.baseName === base)) return undefined;
  const [{ tcpSamples }, { fates }] = await Promise.all([import('../filter/sample.js'), import('./fate.js')]);
  const frames = tcpSamples(flow, { lladdr: device.lladdr, vid: device.vlan?.id });
  const filter = instead?.base === base ? instead.filter : undefined;
  try {
    const outcome = fates(state, base, tables, frames, filter).find(
      ({ isTaken, verdict }) => isTaken || verdict === Verdict.Drop,
    );
    return outcome && { flow, device, base, outcome };
  } catch (error) {
    if (!(error instanceof EvlnetError)) throw error;
    around.warn(`Whether the filter lets this SSH session go on is not known: ${error.message}`);
    return undefined;
  }
}

/** `CLIENT PORT SERVER PORT`, sshd(8). */
function flowOf(connection: string): Flow | undefined {
  const [client, clientPort, server, serverPort] = connection
    .split(' ')
    .map((word) => word.replace(/^::ffff:(?=\d+\.)/, ''));
  if (client === undefined || server === undefined) return undefined;
  return { client, clientPort: Number(clientPort), server, serverPort: Number(serverPort) };
}

/** The device that has the server's address. */
async function deviceOf(
  { system }: Surroundings,
  server: string,
  { links, addresses }: Tables,
): Promise<Link | undefined> {
  if (!server.includes(':')) {
    const found = addresses.find((a) => formatIpv4(a.address) === server);
    return found && links.find((l) => l.ifindex === found.ifindex);
  }
  const { code, stdout } = await system.run('ip', [
    '-j',
    '-6',
    'address',
    'show',
    'to',
    server.split('%')[0]!,
  ]);
  if (code !== 0) return undefined;
  const zone = server.split('%')[1];
  const names = (JSON.parse(stdout || '[]') as { ifname?: string }[]).flatMap(({ ifname }) => ifname ?? []);
  return links.find((l) => l.ifname === (zone ?? names[0]));
}
