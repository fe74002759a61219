import { cannotFindPort } from '../../configuration/not-found.js';
import { isLeftInBand } from '../../configuration/recorded-port.js';
import { warnAboutSsh } from '../../configuration/ssh-session.js';
import { runRoot } from '../../control/run-folder.js';
import { Exit } from '../../errors.js';
import { SlotCounter } from '../../memory/counters.js';
import { readState } from '../../state/file.js';
import { placePort } from '../../state/place.js';
import { runSession } from '../../worker/session.js';
import type { TraceRecord } from '../../worker/trace-record.js';
import type { Context } from '../context.js';
import { lineWriter } from '../line-writer.js';
import { dumpLines, packetLine, verboseLine } from '../responder-lines.js';
import { summaryLines, summaryOf } from '../responder-summary.js';
import { stamp } from '../stamp.js';
import { workerArguments } from '../worker-arguments.js';

/** How often to look whether -c is reached. */
const COUNT_LOOK_MS = 20;

/** How much is printed: EVL's verbosity, and -v between 1 and 2. */
const levelOf = (context: Context): 0 | 1 | 2 | 3 => {
  const given = context.arguments;
  if (given.flag('silent')) return 0;
  if (given.flag('dump')) return 3;
  return given.flag('verbose') ? 2 : 1;
};

/** evlnet icmp-responder: becomes the worker of the base device, or joins the one that runs. */
export async function run(context: Context): Promise<number> {
  const { globals, io } = context;
  const ifname = context.arguments.text('interface')!;
  const level = levelOf(context);
  const limit = context.arguments.number('count');
  const deadline = context.arguments.number('deadline');
  const state = readState(context.state.file, context.stateOptions);
  const entry = state.ports[ifname];
  if (entry === undefined) throw cannotFindPort(ifname);
  const links = await context.system.links();
  const place = placePort(ifname, entry, links);
  if (place.vid !== undefined && isLeftInBand(state, place.base, place.vid))
    context.warn(`VLAN ${place.vid} is in-band`, `evlnet vlans add ${place.vid}`);

  await warnAboutSsh(context, state, { links, addresses: await context.system.addresses() });

  const end = new AbortController();
  io.stop().addEventListener('abort', () => end.abort(), { once: true });
  if (io.stop().aborted) end.abort();
  const timer = deadline === undefined ? undefined : setTimeout(() => end.abort(), deadline * 1000);

  const out = lineWriter(io.stdout);
  let suppressed = 0;
  let pending = 0;
  let replies = 0;
  let started = false;
  const gap = () => (globals.json ? `{"suppressed":${pending}}\n` : `… ${pending} lines suppressed\n`);
  const line = (text: string): boolean => {
    if (pending > 0 && out.write(gap())) pending = 0;
    return out.write(`${text}\n`);
  };
  const lose = (count: number) => {
    suppressed += count;
    pending += count;
  };
  const show = (t: TraceRecord) => {
    if (t.drop === undefined && limit !== undefined && replies++ >= limit) return;
    const text = globals.json
      ? JSON.stringify(globals.timestamp ? { timestamp: new Date().toISOString(), ...t } : t)
      : stamp(globals.timestamp) +
        [(level >= 2 ? verboseLine : packetLine)(t), ...(level === 3 ? dumpLines(t, ifname) : [])].join('\n');
    if (!line(text)) lose(1);
  };
  const announce = () => {
    if (!started && level > 0 && !globals.json) line(`listening to interface ${ifname}`);
    started = true;
  };
  try {
    const tally = await runSession({
      ...workerArguments(context.arguments, state.services[place.base]),
      device: place.base,
      stateFile: context.state.file,
      runRoot: runRoot(context.state),
      wanted: [{ service: 'icmp-responder', port: ifname, trace: level }],
      sink: { trace: show, suppressed: lose, warning: (message, hint) => context.warn(message, hint) },
      mayAttach: true,
      ...(limit === undefined ? {} : { lookMs: COUNT_LOOK_MS }),
      signal: end.signal,
      onStarted: announce,
      onTally: (t) => {
        if (limit !== undefined && t.counts[SlotCounter.EchoReplies]! >= limit) end.abort();
      },
    });
    const summary = summaryOf(ifname, tally, suppressed);
    const last = globals.json ? JSON.stringify(summary) : summaryLines(summary).join('\n');
    await out.end(`${pending > 0 ? gap() : ''}${last}\n`);
    return limit !== undefined && deadline !== undefined && summary.replies < limit ? Exit.No : Exit.Ok;
  } finally {
    clearTimeout(timer);
    out.close();
  }
}
