import { Exit } from '../../errors.js';
import type { RemoteInfo } from '../../socket/inbox.js';
import type { UdpSocket } from '../../socket/udp-socket.js';
import type { Context } from '../context.js';
import { dotted } from '../dotted.js';
import { Reception } from '../reception.js';
import { receivedTimes } from '../times.js';
import { datagramRecord, detailLines, receivedLine } from '../udp/lines.js';
import { addressOf, isGroup, receivingDevice } from '../udp/place.js';
import { withSocket } from '../udp/socket.js';
import { receiverLines } from '../udp/summary.js';

const DEFAULT_PORT = 42_042;

/** `evlnet udp recv`: the receiver of oob-net-udp. */
export async function run(context: Context): Promise<number> {
  const { arguments: given, globals } = context;
  const named = given.text('address')!;
  const address = await addressOf(named);
  const port = given.number('port') ?? DEFAULT_PORT;
  const isDump = given.flag('dump') && !given.flag('silent');
  const hasHeader = !given.flag('silent') && !globals.json;
  const device = await receivingDevice(context, address);

  const reception = new Reception<RemoteInfo>(context, {
    limit: given.number('iterations') || Number.POSITIVE_INFINITY,
    record: (message, from) => datagramRecord(message, from, isDump),
    lines: (message, from) => [
      receivedLine(message),
      ...(from.timestamps ? [`  ${receivedTimes(from.timestamps)}`] : []),
      ...(isDump ? detailLines(message, from) : []),
    ],
  });
  const use = (socket: UdpSocket, stop: AbortSignal) =>
    reception.from(socket, stop, () => {
      if (given.flag('times')) void socket.setTimestamping({ rx: true });
      // Both once it is bound: who waits for the first line may send.
      socket.bind(port, dotted(address), () => {
        if (hasHeader)
          reception.line(`== receiver mode (<= ${named}:${port})\n== bound to port ${socket.address().port}`);
      });
      // Before it is bound: it listens once it is a member.
      if (isGroup(address)) socket.addMembership(dotted(address));
    });
  try {
    await withSocket(context, { device }, use);
    await reception.sumUp({ address: named, port }, receiverLines);
    return Exit.Ok;
  } finally {
    reception.close();
  }
}
