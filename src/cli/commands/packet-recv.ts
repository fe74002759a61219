import { Exit } from '../../errors.js';
import type { FrameInfo } from '../../socket/frame-inbox.js';
import { createPacketSocket, type PacketSocket } from '../../socket/packet-socket.js';
import type { Context } from '../context.js';
import { lineWriter } from '../line-writer.js';
import { readEthertype } from '../packet/ethertype.js';
import { frameDump, frameLine, frameRecord, summaryLines } from '../packet/lines.js';
import { frameDevice } from '../packet/place.js';
import { stamp } from '../stamp.js';
import { withSocketOf } from '../with-socket.js';

/** `evlnet packet recv`: frames as a packet socket gets them. */
export async function run(context: Context): Promise<number> {
  const { arguments: given, globals, io } = context;
  const ifname = given.text('interface')!;
  const protocol = readEthertype(given.text('proto') ?? 'all');
  const count = given.number('count');
  const limit = count ?? Number.POSITIVE_INFINITY;
  const deadline = given.number('deadline');
  const isDump = given.flag('dump');
  const device = await frameDevice(context, protocol);

  const out = lineWriter(io.stdout);
  let suppressed = 0;
  let [received, bytes, dropped] = [0, 0, 0];
  const line = (text: string) => {
    if (!out.write(`${text}\n`)) suppressed++;
  };
  const show = (frame: Buffer, from: FrameInfo) => {
    received++;
    bytes += frame.length;
    if (given.flag('quiet')) return;
    if (globals.json) {
      const time = globals.timestamp ? { timestamp: new Date().toISOString() } : {};
      line(JSON.stringify({ ...time, ...frameRecord(frame, from, isDump) }));
    } else {
      const details = isDump ? frameDump(frame) : [];
      line(stamp(globals.timestamp) + [frameLine(received - 1, from), ...details].join('\n'));
    }
  };
  let timer: NodeJS.Timeout | undefined;
  const use = (socket: PacketSocket, stop: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const end = () => {
        dropped = socket.statistics().dropped;
        resolve();
      };
      socket.on('error', reject);
      socket.on('message', (frame, from) => {
        if (received >= limit) return;
        show(frame, from);
        if (received >= limit) end();
      });
      stop.addEventListener('abort', end, { once: true });
      socket.bind({ protocol }, () => {
        if (!globals.json && !given.flag('quiet')) line(`listening to interface ${ifname}`);
        if (deadline !== undefined) timer = setTimeout(end, deadline * 1000);
      });
    });
  try {
    await withSocketOf(context, device, createPacketSocket, use);
    const summary = { ifname, received, bytes, dropped };
    if (suppressed > 0 && !globals.json) line(`… ${suppressed} lines suppressed`);
    line(
      globals.json
        ? JSON.stringify({ ...summary, ...(suppressed > 0 ? { suppressed } : {}) })
        : summaryLines(summary).join('\n'),
    );
    return deadline !== undefined && count !== undefined && received < count ? Exit.No : Exit.Ok;
  } finally {
    clearTimeout(timer);
    out.close();
  }
}
