// Does the out-of-band thread allocate? 10 million frames, its garbage collections and its heap before and after.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from './rounds.mjs';
import { DEVICE, VID } from './wire.mjs';

const FRAMES = 10_000_000;
/** Long enough for the compiler to be done with the loop. */
const WARM_UP_MS = 3000;
const STINT_MS = 5000;
const MAX_STINTS = 20;

/** evlnet's own parts, built: what any other program would ask a worker with. */
async function parts() {
  const of = (path) => import(`../../dist/${path}.js`);
  const [{ connect }, { listWorkers }, counters] = await Promise.all(
    ['control/client', 'control/run-folder', 'memory/counters'].map(of),
  );
  return { connect, listWorkers, ...counters };
}

export async function measureHeap({ evlnet, options, progress }) {
  const { connect, listWorkers, readCounters, DeviceCounter, SlotCounter } = await parts();
  const target = options.quick ? FRAMES / 100 : FRAMES;
  const running = await evlnet.start('default');
  try {
    const { folder } = listWorkers(join(evlnet.folder, 'run')).find((w) => w.alive && w.device === DEVICE);
    const client = await connect(folder);
    const look = async () => {
      await client.request('sync');
      const { device, slots } = readCounters(join(folder, 'stats'), [VID]);
      return {
        frames: slots.get(VID).counts[SlotCounter.EchoReplies],
        collections: device[DeviceCounter.Collections],
        heap: device[DeviceCounter.HeapUsed],
        resident: residentOctets(running.pid),
      };
    };
    try {
      await load(running, { milliseconds: options.quick ? 300 : WARM_UP_MS, warmUp: 0 });
      await client.request('collections', { on: true });
      const before = await look();
      let after = before;
      for (let i = 0; i < MAX_STINTS && after.frames - before.frames < target; i++) {
        await load(running, { milliseconds: options.quick ? 300 : STINT_MS, warmUp: 0 });
        after = await look();
        progress(`heap: ${Math.round((after.frames - before.frames) / 1000)}k frames`);
      }
      await client.request('collections', { on: false });
      return result(before, { ...(await look()), resident: after.resident });
    } finally {
      client.close();
    }
  } finally {
    await running.stop();
  }
}

function result(before, after) {
  const bars = [{ name: 'garbage collections', atMost: 0, value: after.collections }];
  const growth = after.heap - before.heap;
  if (!Number.isNaN(growth)) bars.push({ name: 'heap growth, octets', atMost: 1_000_000, value: growth });
  return {
    frames: after.frames - before.frames,
    collections: after.collections,
    ...(Number.isNaN(growth) ? {} : { heapGrowth: growth }),
    residentGrowth: after.resident - before.resident,
    bars: bars.map((bar) => ({ ...bar, met: bar.value <= bar.atMost ? 'yes' : 'no' })),
  };
}

function residentOctets(pid) {
  const kibibytes = /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(kibibytes[1]) * 1024;
}

export function heapText({ frames, residentGrowth, bars }) {
  return [
    `Memory over ${(frames / 1e6).toFixed(2)} million frames (the out-of-band thread; the process grew by ${Math.round(residentGrowth / 1024)} KiB)`,
    ...bars.map(({ name, value, atMost, met }) => `  ${name}: ${value}  bar <= ${atMost}  ${met}`),
  ].join('\n');
}
