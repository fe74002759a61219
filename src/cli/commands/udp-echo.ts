import { cannotFindPort } from '../../configuration/not-found.js';
import { warnAboutSsh } from '../../configuration/ssh-session.js';
import { runRoot } from '../../control/run-folder.js';
import { Exit } from '../../errors.js';
import { readState } from '../../state/file.js';
import { placePort } from '../../state/place.js';
import { runSession } from '../../worker/session.js';
import type { Context } from '../context.js';
import { warnIfInBand } from '../udp/place.js';
import { echoSummary, echoSummaryLines } from '../udp/summary.js';
import { workerArguments } from '../worker-arguments.js';

/** Assigned to the echo protocol (RFC 862). */
const DEFAULT_PORT = 7;

/** `evlnet udp echo`: becomes the worker of the base device, or joins the one that runs. */
export async function run(context: Context): Promise<number> {
  const { arguments: given, globals, io, system } = context;
  const ifname = given.text('interface')!;
  const udpPort = given.number('port') ?? DEFAULT_PORT;
  const state = readState(context.state.file, context.stateOptions);
  const entry = state.ports[ifname];
  if (entry === undefined) throw cannotFindPort(ifname);
  const [links, addresses] = await Promise.all([system.links(), system.addresses()]);
  const { base, vid } = placePort(ifname, entry, links);
  warnIfInBand(context, state, base, vid);
  await warnAboutSsh(context, state, { links, addresses });
  const tally = await runSession({
    ...workerArguments(given, state.services[base]),
    device: base,
    stateFile: context.state.file,
    runRoot: runRoot(context.state),
    wanted: [{ service: 'udp-echo', port: ifname, udpPort }],
    sink: { trace() {}, suppressed() {}, warning: (message, hint) => context.warn(message, hint) },
    mayAttach: true,
    signal: io.stop(),
    onStarted() {
      if (!globals.json) io.stdout.write(`listening to interface ${ifname}, port ${udpPort}\n`);
    },
    onTally() {},
  });
  const summary = echoSummary(ifname, udpPort, tally);
  io.stdout.write(`${globals.json ? JSON.stringify(summary) : echoSummaryLines(summary).join('\n')}\n`);
  return Exit.Ok;
}
