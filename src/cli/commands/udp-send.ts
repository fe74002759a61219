import { setTimeout as pause } from 'node:timers/promises';
import { solicit } from '../../configuration/solicit.js';
import { Exit, usage } from '../../errors.js';
import type { TxTimestamps } from '../../socket/timestamps.js';
import type { UdpSocket } from '../../socket/udp-socket.js';
import type { Context } from '../context.js';
import { dotted } from '../dotted.js';
import { sentTimes } from '../times.js';
import { addressOf, sendingWay } from '../udp/place.js';
import { withSocket } from '../udp/socket.js';
import { senderLines } from '../udp/summary.js';

const DEFAULT_PORT = 42_042;
const DEFAULT_TEXT = 'Mellow sword!';
const MIN_INTERVAL_S = 0.001;
/** How long the last ones may take to leave. */
const LINGER_MS = 1000;
const LOOK_MS = 5;

/** `evlnet udp send`: the sender of oob-net-udp. */
export async function run(context: Context): Promise<number> {
  const { arguments: given, globals, io } = context;
  const named = given.text('address')!;
  const address = await addressOf(named);
  const port = given.number('port') ?? DEFAULT_PORT;
  const message = messageOf(given.text('message') ?? DEFAULT_TEXT, given.number('repeat') ?? 1);
  const limit = given.number('iterations') || Number.POSITIVE_INFINITY;
  const interval = given.number('interval') ?? 1;
  if (interval < MIN_INTERVAL_S)
    throw usage(
      'EVL_INTERVAL',
      `Cannot send every ${interval} s: ${MIN_INTERVAL_S} s is the least`,
      `--interval ${MIN_INTERVAL_S}`,
    );
  const { base: device, ifname, kind } = await sendingWay(context, address);
  const isUnicast = kind === 'unicast';
  const to = kind === 'broadcast' ? '[broadcast]' : named;

  let sent = 0;
  const write = (times: TxTimestamps) =>
    void io.stdout.write(`${globals.json ? JSON.stringify(times) : `= ${times.id}: ${sentTimes(times)}`}\n`);
  const use = async (socket: UdpSocket, stop: AbortSignal) => {
    // EVL: without it the first datagrams would go by another way. Here they would wait, and nobody be told of a host that is not there.
    if (isUnicast) await solicit(context, address, { ifname, mayRoute: true, signal: stop });
    if (stop.aborted) return;
    socket.setBroadcast(!isUnicast);
    if (!globals.json && !given.flag('silent')) io.stdout.write(`== sender mode (=> ${to}:${port})\n`);
    const timed = given.flag('times') ? await tellTimes(socket, write) : undefined;
    const startMs = performance.now();
    for (; sent < limit && !stop.aborted; sent++) {
      const waitMs = startMs + sent * interval * 1000 - performance.now();
      if (waitMs > 0) await pause(waitMs, undefined, { signal: stop }).catch(() => {});
      if (stop.aborted) return;
      await sendOne(socket, message, port, dotted(address));
    }
    await timed?.(sent);
  };
  await withSocket(context, { device, ifname }, use);
  const summary = { address: named, port, sent, bytes: sent * message.length };
  io.stdout.write(`${globals.json ? JSON.stringify(summary) : senderLines(summary).join('\n')}\n`);
  return Exit.Ok;
}

/** Tells of each datagram that has left; what is returned waits until that many did, or some that will not. */
async function tellTimes(
  socket: UdpSocket,
  tell: (times: TxTimestamps) => void,
): Promise<(count: number) => Promise<void>> {
  let told = 0;
  socket.on('timestamp', (times) => {
    told++;
    tell(times);
  });
  await socket.setTimestamping({ tx: true });
  return async (count) => {
    for (const until = Date.now() + LINGER_MS; told < count && Date.now() < until; ) await pause(LOOK_MS);
  };
}

/** oob-net-udp makes room for `repeat` texts and as many NULs, and writes the texts one behind the other. */
function messageOf(text: string, repeat: number): Buffer {
  const octets = Buffer.from(text);
  const message = Buffer.alloc((octets.length + 1) * repeat);
  for (let n = 0; n < repeat; n++) octets.copy(message, n * octets.length);
  return message;
}

const sendOne = (socket: UdpSocket, message: Buffer, port: number, address: string): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.send(message, port, address, (error) => (error ? reject(error) : resolve()));
  });
