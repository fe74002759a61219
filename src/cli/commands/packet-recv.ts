import { Exit } from '../../errors.js';
import type { FrameInfo } from '../../socket/frame-inbox.js';
import { createPacketSocket, type PacketSocket } from '../../socket/packet-socket.js';
import type { Context } from '../context.js';
import { readEthertype } from '../packet/ethertype.js';
import { frameDump, frameLine, frameRecord, summaryLines } from '../packet/lines.js';
import { frameDevice } from '../packet/place.js';
import { Reception } from '../reception.js';
import { receivedTimes } from '../times.js';
import { withSocketOf } from '../with-socket.js';

/** `evlnet packet recv`: frames as a packet socket gets them. */
export async function run(context: Context): Promise<number> {
  const { arguments: given, globals } = context;
  const ifname = given.text('interface')!;
  const protocol = readEthertype(given.text('proto') ?? 'all');
  const count = given.number('count');
  const deadline = given.number('deadline');
  const isDump = given.flag('dump');
  const isQuiet = given.flag('quiet');
  const device = await frameDevice(context, protocol);

  const reception = new Reception<FrameInfo>(context, {
    limit: count ?? Number.POSITIVE_INFINITY,
    isQuiet,
    record: (frame, from) => frameRecord(frame, from, isDump),
    lines: (frame, from, before) => [
      frameLine(before, from),
      ...(from.timestamps ? [`  ${receivedTimes(from.timestamps)}`] : []),
      ...(isDump ? frameDump(frame) : []),
    ],
  });
  let timer: NodeJS.Timeout | undefined;
  const use = (socket: PacketSocket, stop: AbortSignal) =>
    reception.from(socket, stop, (end) => {
      if (given.flag('times')) void socket.setTimestamping({ rx: true });
      socket.bind({ protocol }, () => {
        if (!globals.json && !isQuiet) reception.line(`listening to interface ${ifname}`);
        if (deadline !== undefined) timer = setTimeout(end, deadline * 1000);
      });
    });
  try {
    await withSocketOf(context, device, createPacketSocket, use);
    await reception.sumUp({ ifname }, summaryLines);
    const isShort = deadline !== undefined && count !== undefined && reception.received < count;
    return isShort ? Exit.No : Exit.Ok;
  } finally {
    clearTimeout(timer);
    reception.close();
  }
}
