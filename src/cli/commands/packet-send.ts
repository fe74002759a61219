import type { FrameBlock } from '../../capture/block.js';
import { EvlnetError, Exit } from '../../errors.js';
import { createPacketSocket, type PacketSocket } from '../../socket/packet-socket.js';
import type { Context } from '../context.js';
import { type Frames, givenFrames } from '../filter/frames.js';
import { frameDevice } from '../packet/place.js';
import { withSocketOf } from '../with-socket.js';

/** `evlnet packet send`: frames through a port, as they are given. */
export async function run(context: Context): Promise<number> {
  const { arguments: given, globals, io } = context;
  const ifname = given.text('interface')!;
  const device = await frameDevice(context, undefined);
  const frames = givenFrames(context, undefined, 'what to send is hex BYTES, or - for standard input');
  const sent = { ifname, sent: 0, bytes: 0 };
  const use = async (socket: PacketSocket, stop: AbortSignal) => {
    socket.setPriority(given.number('pcp') ?? 0);
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ protocol: 0 }, resolve);
    });
    await sendAll(socket, frames, stop, sent);
  };
  try {
    await withSocketOf(context, device, createPacketSocket, use);
  } finally {
    frames.close();
  }
  io.stdout.write(
    `${globals.json ? JSON.stringify(sent) : `${sent.sent} frames sent, ${sent.bytes} bytes`}\n`,
  );
  return Exit.Ok;
}

/** Counts in `done`. A frame that cannot be sent is the last. */
async function sendAll(
  socket: PacketSocket,
  frames: Frames,
  stop: AbortSignal,
  done: { sent: number; bytes: number },
): Promise<void> {
  for (let block = await frames.next(); block !== undefined && !stop.aborted; block = await frames.next()) {
    // The octets hold until the next block is asked for: all of them must be under way by then.
    const lengths = await Promise.all(
      Array.from({ length: block.count }, (_, i) => sendOne(socket, block!, i)),
    );
    const failed = lengths.findIndex((length) => typeof length !== 'number');
    if (failed >= 0) throw naming(lengths[failed] as EvlnetError, done.sent + failed + 1);
    done.sent += block.count;
    done.bytes += (lengths as number[]).reduce((sum, length) => sum + length, 0);
  }
}

/** Its length, or why it was not sent. */
const sendOne = (socket: PacketSocket, { octets, offsets, lengths }: FrameBlock, i: number) =>
  new Promise<number | Error>((resolve) => {
    const from = offsets[i]!;
    const frame = octets.subarray(from, from + lengths[i]!);
    socket.send(frame, (error, length) => resolve(error ?? length));
  });

const naming = ({ code, message, hint }: EvlnetError, frame: number) =>
  new EvlnetError(code, message.replace('Cannot send', `Cannot send frame ${frame}`), {
    ...(hint === undefined ? {} : { hint }),
  });
