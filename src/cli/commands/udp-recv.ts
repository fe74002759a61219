import { Exit } from '../../errors.js';
import type { RemoteInfo } from '../../socket/inbox.js';
import type { UdpSocket } from '../../socket/udp-socket.js';
import type { Context } from '../context.js';
import { dotted } from '../dotted.js';
import { lineWriter } from '../line-writer.js';
import { stamp } from '../stamp.js';
import { datagramRecord, detailLines, receivedLine } from '../udp/lines.js';
import { addressOf, receivingDevice } from '../udp/place.js';
import { withSocket } from '../udp/socket.js';
import { receiverLines } from '../udp/summary.js';

const DEFAULT_PORT = 42_042;

/** `evlnet udp recv`: the receiver of oob-net-udp. */
export async function run(context: Context): Promise<number> {
  const { arguments: given, globals, io } = context;
  const named = given.text('address')!;
  const address = await addressOf(named);
  const port = given.number('port') ?? DEFAULT_PORT;
  const limit = given.number('iterations') || Number.POSITIVE_INFINITY;
  const isDump = given.flag('dump') && !given.flag('silent');
  const hasHeader = !given.flag('silent') && !globals.json;
  const device = await receivingDevice(context, address);

  const out = lineWriter(io.stdout);
  let suppressed = 0;
  let [received, bytes, dropped] = [0, 0, 0];
  const line = (text: string) => {
    if (!out.write(`${text}\n`)) suppressed++;
  };
  const show = (message: Buffer, from: RemoteInfo) => {
    received++;
    bytes += message.length;
    if (globals.json) {
      const time = globals.timestamp ? { timestamp: new Date().toISOString() } : {};
      line(JSON.stringify({ ...time, ...datagramRecord(message, from, isDump) }));
    } else {
      const details = isDump ? detailLines(message, from) : [];
      line(stamp(globals.timestamp) + [receivedLine(message), ...details].join('\n'));
    }
  };
  const use = (socket: UdpSocket, stop: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const end = () => {
        dropped = socket.statistics().dropped;
        resolve();
      };
      socket.on('error', reject);
      socket.on('message', (message, from) => {
        if (received >= limit) return;
        show(message, from);
        if (received >= limit) end();
      });
      stop.addEventListener('abort', end, { once: true });
      // Both once it is bound: who waits for the first line may send.
      socket.bind(port, dotted(address), () => {
        if (hasHeader)
          line(`== receiver mode (<= ${named}:${port})\n== bound to port ${socket.address().port}`);
      });
    });
  try {
    await withSocket(context, { device }, use);
    const summary = { address: named, port, received, bytes, dropped };
    if (suppressed > 0 && !globals.json) line(`… ${suppressed} lines suppressed`);
    line(
      globals.json
        ? JSON.stringify({ ...summary, ...(suppressed > 0 ? { suppressed } : {}) })
        : receiverLines(summary).join('\n'),
    );
    return Exit.Ok;
  } finally {
    out.close();
  }
}
