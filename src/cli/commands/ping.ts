import { cannotFindPort } from '../../configuration/not-found.js';
import { warnAboutSsh } from '../../configuration/ssh-session.js';
import { runRoot } from '../../control/run-folder.js';
import { EvlnetError, Exit, usage } from '../../errors.js';
import { has, parseVlanList } from '../../filter/vlan-set.js';
import { EchoTotal } from '../../memory/echo-page.js';
import { readState } from '../../state/file.js';
import type { StateDocument } from '../../state/schema.js';
import { findRoute, type PortRoute, portRoutes } from '../../worker/routes.js';
import { runSession } from '../../worker/session.js';
import type { Context } from '../context.js';
import { dotted } from '../dotted.js';
import { hostAddress } from '../host-address.js';
import { lineWriter } from '../line-writer.js';
import { Progress } from '../ping/progress.js';
import { echoLine, echoRecord, pingSummary, pingSummaryLines } from '../ping/record.js';
import { stamp } from '../stamp.js';
import { workerArguments } from '../worker-arguments.js';

const DEFAULT_SIZE = 56;
const HEADERS = 28;
const MIN_INTERVAL_S = 0.001;

/** `evlnet ping`: becomes the worker of the base device, or joins the one that runs. */
export async function run(context: Context): Promise<number> {
  const { arguments: given, globals, io, system } = context;
  const destination = await hostAddress(given.text('HOST')!);
  const state = readState(context.state.file, context.stateOptions);
  const [links, addresses, routes] = await Promise.all([system.links(), system.addresses(), system.routes()]);
  const route = routeTo(state, destination, given.text('interface'), { links, addresses, routes });
  if (route.vid !== undefined && !has(parseVlanList(state.vlans), route.vid))
    context.warn(`VLAN ${route.vid} is in-band: no reply will be seen`, `evlnet vlans add ${route.vid}`);
  await warnAboutSsh(context, state, { links, addresses });

  const size = given.number('size') ?? DEFAULT_SIZE;
  const count = given.number('count');
  const interval = given.number('interval') ?? 1;
  const isFlood = given.flag('flood');
  if (interval < MIN_INTERVAL_S)
    throw usage('EVL_INTERVAL', `Cannot send every ${interval} s: 0.001 s is the least`, 'evlnet ping -f …');
  const end = new AbortController();
  io.stop().addEventListener('abort', () => end.abort(), { once: true });
  if (io.stop().aborted) end.abort();
  const deadline = given.number('deadline');
  let timer: NodeJS.Timeout | undefined;

  const out = lineWriter(io.stdout);
  const line = (text: string) => void out.write(`${text}\n`);
  const progress = new Progress(count);
  let startMs: number | undefined;
  let dots = 0;
  const begin = () => {
    startMs = Date.now();
    if (deadline !== undefined) timer = setTimeout(() => end.abort(), deadline * 1000);
    if (globals.json) return;
    const way = `(${dotted(destination)}) from ${dotted(route.source)} ${route.ifname}`;
    line(`PING ${given.text('HOST')} ${way}: ${size}(${size + HEADERS}) bytes of data.`);
  };
  try {
    await runSession({
      ...workerArguments(given, state.services[route.base]),
      device: route.base,
      stateFile: context.state.file,
      runRoot: runRoot(context.state),
      wanted: [],
      echoes: {
        wanted() {
          if (startMs === undefined) begin();
          progress.begin();
          return {
            port: route.ifname,
            destination,
            size,
            count: count === undefined ? undefined : Math.max(1, count - progress.sent),
            intervalNs: interval * 1e9,
            isFlood,
            sequence: progress.sent + 1,
          };
        },
        sink(totals, echoes) {
          progress.look(totals);
          for (const echo of given.flag('quiet') ? [] : echoes) {
            const record = echoRecord(echo);
            line(globals.json ? JSON.stringify(record) : stamp(globals.timestamp) + echoLine(record));
          }
          if (isFlood && !globals.json && !given.flag('quiet')) dots = drawDots(out, dots, progress.totals);
          if (progress.isOver(Date.now())) end.abort();
        },
      },
      sink: { trace() {}, suppressed() {}, warning: (message, hint) => context.warn(message, hint) },
      mayAttach: true,
      signal: end.signal,
      onStarted() {},
      onTally() {},
    });
    const summary = pingSummary(given.text('HOST')!, progress.totals, Date.now() - (startMs ?? Date.now()));
    line(globals.json ? JSON.stringify(summary) : ['', ...pingSummaryLines(summary)].join('\n'));
    const isShort = count !== undefined && deadline !== undefined && summary.received < count;
    return summary.received === 0 || isShort ? Exit.No : Exit.Ok;
  } finally {
    clearTimeout(timer);
    out.close();
  }
}

/** The route, through the port that is named if one is. */
function routeTo(
  state: StateDocument,
  destination: number,
  ifname: string | undefined,
  tables: Parameters<typeof portRoutes>[1],
): PortRoute {
  if (ifname !== undefined && state.ports[ifname] === undefined) throw cannotFindPort(ifname);
  const route = findRoute(portRoutes(state, tables), destination, ifname);
  if (route) return route;
  throw new EvlnetError('EVL_NO_ROUTE', `Cannot ping ${dotted(destination)}: network is unreachable`, {
    hint: ifname === undefined ? 'no enabled port leads there' : `no route through "${ifname}" leads there`,
  });
}

/** As ping -f: a dot for every request without a reply, taken back by the reply. */
function drawDots(out: { write(text: string): boolean }, dots: number, totals: readonly number[]): number {
  const open = Math.max(0, totals[EchoTotal.Sent]! - totals[EchoTotal.Received]!);
  const text = open > dots ? '.'.repeat(open - dots) : '\b \b'.repeat(dots - open);
  return text === '' || out.write(text) ? open : dots;
}
