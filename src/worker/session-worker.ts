import type { ControlServer } from '../control/server.js';
import { serveControl } from './control-server.js';
import { InBand } from './in-band.js';
import { aborted, type SessionOptions, slotsOf, tallying } from './session-options.js';
import { settled } from './settled.js';
import type { Spawned } from './spawn.js';
import type { Tally } from './tally.js';

/** Runs the services of a session as the worker of its device, in the run folder that it has claimed, until `signal` aborts or the worker ends. */
export async function asWorker(
  o: SessionOptions,
  folder: string,
  spawned: Spawned,
  tally: Tally,
  started: () => void,
): Promise<void> {
  const worker = await InBand.start(
    {
      device: o.device,
      stateFile: o.stateFile,
      folder,
      spin: o.spin,
      cpu: o.cpu,
      priority: o.priority,
      onWarning: (message, hint) => o.sink.warning(message, hint),
    },
    spawned,
  );
  const pause = () => {
    worker.pause();
    process.kill(process.pid, 'SIGSTOP');
  };
  const resume = () => worker.resume();
  // Whatever ends this process must first end the diversion: the traffic of a dying worker belongs in-band.
  const lost = () => worker.pause();
  process.on('SIGTSTP', pause).on('SIGCONT', resume).on('exit', lost);
  let control: ControlServer | undefined;
  try {
    control = await serveControl(folder, worker);
    tally.follow(folder, slotsOf(worker.ports, o.wanted));
    for (const wanted of o.wanted) await worker.serve(wanted, o.sink);
    // What waits for the service is answered at once, and counts.
    await worker.divert();
    if (o.echoes) {
      const run = await worker.ping(o.echoes.wanted(), o.echoes.sink);
      void aborted(o.echoes.enough).then(() => run.enough().catch(() => {}));
    }
    started();
    await tallying(o, tally, Promise.race([aborted(o.signal), worker.ended]));
    // It was there for sockets alone, and they are closed.
    if (o.wanted.length === 0 && worker.sockets.wereUsed) {
      worker.sockets.refuse();
      await settled(worker.outOfBand.neighbours, () => worker.isStopping);
    }
  } finally {
    await worker.stop();
    // What it had already taken it answered.
    tally.look();
    // Closed last: who is attached sees it, and finds the device free.
    await control?.close();
    process.off('SIGTSTP', pause).off('SIGCONT', resume).off('exit', lost);
  }
  const failure = await worker.ended;
  if (failure) throw failure;
}
