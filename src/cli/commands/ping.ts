import { Exit, usage } from '../../errors.js';
import { EchoTotal } from '../../memory/echo-page.js';
import type { Context } from '../context.js';
import { dotted } from '../dotted.js';
import { lineWriter } from '../line-writer.js';
import { echoPath } from '../ping/path.js';
import { echoLine, echoRecord, pingSummary, pingSummaryLines } from '../ping/record.js';
import { sendRequests } from '../ping/requests.js';
import { stamp } from '../stamp.js';

const DEFAULT_SIZE = 56;
const HEADERS = 28;
const MIN_INTERVAL_S = 0.001;

/** `evlnet ping`: becomes the worker of the base device, or joins the one that runs. */
export async function run(context: Context): Promise<number> {
  const { arguments: given, globals, io } = context;
  const path = await echoPath(context);
  const size = given.number('size') ?? DEFAULT_SIZE;
  const interval = given.number('interval') ?? 1;
  const isFlood = given.flag('flood');
  const isQuiet = given.flag('quiet');
  if (interval < MIN_INTERVAL_S)
    throw usage('EVL_INTERVAL', `Cannot send every ${interval} s: 0.001 s is the least`, 'evlnet ping -f …');

  const out = lineWriter(io.stdout);
  const line = (text: string) => void out.write(`${text}\n`);
  let dots = 0;
  try {
    const { totals, timeMs, isShort } = await sendRequests(context, path, {
      size,
      count: given.number('count'),
      intervalNs: interval * 1e9,
      isFlood,
      warmsUp: false,
      end: new AbortController(),
      onBegin() {
        if (globals.json) return;
        const way = `(${dotted(path.destination)}) from ${dotted(path.route.source)} ${path.route.ifname}`;
        line(`PING ${path.host} ${way}: ${size}(${size + HEADERS}) bytes of data.`);
      },
      onAnswers(now, echoes) {
        for (const echo of isQuiet ? [] : echoes) {
          const record = echoRecord(echo);
          line(globals.json ? JSON.stringify(record) : stamp(globals.timestamp) + echoLine(record));
        }
        if (isFlood && !globals.json && !isQuiet) dots = drawDots(out, dots, now);
      },
    });
    const summary = pingSummary(path.host, totals, timeMs);
    const last = globals.json ? JSON.stringify(summary) : ['', ...pingSummaryLines(summary)].join('\n');
    await out.end(`${last}\n`);
    return summary.received === 0 || isShort ? Exit.No : Exit.Ok;
  } finally {
    out.close();
  }
}

/** As ping -f: a dot for every request without a reply, taken back by the reply. */
function drawDots(out: { write(text: string): boolean }, dots: number, totals: readonly number[]): number {
  const open = Math.max(0, totals[EchoTotal.Sent]! - totals[EchoTotal.Received]!);
  const text = open > dots ? '.'.repeat(open - dots) : '\b \b'.repeat(dots - open);
  return text === '' || out.write(text) ? open : dots;
}
