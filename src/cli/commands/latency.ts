import { Exit, usage } from '../../errors.js';
import { EchoKind } from '../../memory/echo-page.js';
import type { Arguments } from '../arguments.js';
import type { Context } from '../context.js';
import { dotted } from '../dotted.js';
import { gnuplotRows, histogramLines } from '../latency/histogram.js';
import { PingIssuer, UdpIssuer } from '../latency/in-band.js';
import { ProgressRows } from '../latency/progress-rows.js';
import { type LatencyRecord, latencyRecord, latencyView } from '../latency/record.js';
import { Samples } from '../latency/samples.js';
import { lineWriter } from '../line-writer.js';
import { echoPath } from '../ping/path.js';
import { sendRequests } from '../ping/requests.js';

const DEFAULT_SIZE = 56;
const HEADERS = 28;
const DEFAULT_INTERVAL_S = 0.001;
const MIN_INTERVAL_S = 0.0001;
/** Assigned to the echo protocol (RFC 862). */
const ECHO_PORT = 7;
/** Room for a sequence number. */
const LEAST_DATAGRAM = 2;
/** Type and code, RFC 792. */
const PORT_UNREACHABLE = 0x0303;

// As the EVL documentation has them.
const CAVEATS = [
  'Read the worst case and the jitter first: a stack in user space is compared with one in the kernel, so averages may not improve.',
  'Both depend on what the driver can do (native or generic, copy or zero-copy: evlnet port show): compare identical set-ups, on both ends.',
  'Tracing under load delays the replies of an evlnet on the other end: use -s there.',
  'In-band the clock stops when the kernel has the reply, as that of ping(8): the way up to a program is not in its times.',
];

/** `evlnet latency`: round-trip times, worst case first. */
export async function run(context: Context): Promise<number> {
  const { arguments: given, globals, io, print } = context;
  const interval = given.number('interval') ?? DEFAULT_INTERVAL_S;
  if (interval < MIN_INTERVAL_S)
    throw usage('EVL_INTERVAL', `Cannot send every ${interval} s: 100us is the least`, '--interval 1ms');
  const udpPort = udpPortOf(given);
  const path = await echoPath(context);
  const size = given.number('size') ?? DEFAULT_SIZE;
  const count = given.number('count');
  const compared = given.text('compare');
  const inBand =
    compared === undefined
      ? undefined
      : udpPort === undefined
        ? new PingIssuer(compared, size, interval)
        : new UdpIssuer(compared, size, interval, udpPort);
  const own = new Samples();
  const end = new AbortController();

  const showsRows = !globals.json && !given.flag('quiet') && !given.flag('gnuplot');
  const out = lineWriter(io.stdout);
  const line = (text: string) => void out.write(`${text}\n`);
  const rows = new ProgressRows(own, inBand?.samples, line);
  let beside: Promise<void> | undefined;
  let failure: unknown;
  let isShort = false;
  let isRefused = false;
  try {
    ({ isShort } = await sendRequests(context, path, {
      size,
      count,
      intervalNs: interval * 1e9,
      isFlood: false,
      warmsUp: true,
      udpPort,
      end,
      onBegin() {
        rows.begin(Date.now());
        if (showsRows) line(title(path.host, path.destination, path.route, size, interval, udpPort));
        beside = inBand?.run(context.system, count).catch((error: unknown) => {
          failure = error;
          end.abort();
        });
      },
      onAnswers(totals, echoes) {
        own.look(totals, echoes);
        isRefused ||= echoes.some((echo) => echo.kind === EchoKind.Error && echo.detail === PORT_UNREACHABLE);
        if (showsRows) rows.look(Date.now());
      },
    }));
    // With -c the other one ends by itself too, if it is let.
    io.stop().addEventListener('abort', () => inBand?.end(), { once: true });
    if (count !== undefined && !isShort && !io.stop().aborted) await beside;
  } finally {
    out.close();
    inBand?.end();
    await beside;
  }
  if (failure !== undefined) throw failure;
  const nobodyAt = (host: string, remedy: string) =>
    context.warn(`${host} has nobody at UDP port ${udpPort}, it says`, `on it: ${remedy}`);
  if (isRefused && own.received === 0)
    nobodyAt(path.host, `evlnet udp echo -i IFNAME${udpPort === ECHO_PORT ? '' : ` -p ${udpPort}`}`);
  if (inBand?.isRefused && inBand.samples.received === 0)
    nobodyAt(
      inBand.host,
      `an echo service of the kernel's sockets, such as socat UDP4-RECVFROM:${udpPort},fork EXEC:cat`,
    );

  const wantsHistogram = given.flag('histogram') || given.flag('gnuplot');
  const records: LatencyRecord[] = [latencyRecord('out-of-band', path.host, own, wantsHistogram)];
  if (inBand) records.push(latencyRecord('in-band', inBand.host, inBand.samples, wantsHistogram));
  const write = (lines: readonly string[]) => void io.stdout.write(`${lines.join('\n')}\n`);
  if (given.flag('gnuplot') && !globals.json) write(gnuplotRows(records));
  else {
    if (showsRows) write(['']);
    await print.records(latencyView, records);
    if (given.flag('histogram') && !globals.json) {
      write(['', ...histogramLines('out-of-band', own.histogram)]);
      if (inBand) write(['', ...histogramLines('in-band', inBand.samples.histogram)]);
    }
    if (inBand && !globals.json) write(['', ...CAVEATS.map((caveat) => `* ${caveat}`)]);
  }
  return own.received === 0 || isShort ? Exit.No : Exit.Ok;
}

const title = (
  host: string,
  destination: number,
  route: { readonly source: number; readonly ifname: string },
  size: number,
  interval: number,
  udpPort: number | undefined,
): string => {
  const what = udpPort === undefined ? 'ICMP echo' : `UDP port ${udpPort}`;
  const way = `${host} (${dotted(destination)}) from ${dotted(route.source)} ${route.ifname}`;
  return `LATENCY ${way}: ${what}, ${size}(${size + HEADERS}) bytes every ${interval * 1000} ms`;
};

/** Undefined: by ICMP. */
function udpPortOf(given: Arguments): number | undefined {
  if (!given.flag('udp')) {
    if (given.has('port'))
      throw usage('EVL_OPTION', 'Cannot use -p without --udp: ICMP has no ports', '--udp');
    return undefined;
  }
  if (given.flag('icmp'))
    throw usage('EVL_OPTION', 'Cannot use both --icmp and --udp', 'leave out one of them');
  const size = given.number('size');
  if (size !== undefined && size < LEAST_DATAGRAM)
    throw usage(
      'EVL_OPTION',
      `Cannot number datagrams of ${size} octets: ${LEAST_DATAGRAM} is the least`,
      `-s ${LEAST_DATAGRAM}`,
    );
  return given.number('port') ?? ECHO_PORT;
}
