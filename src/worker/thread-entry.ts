// The out-of-band side as a thread, for devices that wait in a system call. It loads and warms up, then waits for its work.
import './engine.js';
import { parentPort, receiveMessageOnPort } from 'node:worker_threads';
import { XdpDevice } from '../device/xdp.js';
import { EvlnetError } from '../errors.js';
import { viewAt } from '../linux/memory.js';
import { BELL_LENGTH, Bell } from '../memory/bell.js';
import { Counters, PAGE_LENGTH } from '../memory/counters.js';
import { EchoPage } from '../memory/echo-page.js';
import { ServicePage } from '../memory/service-page.js';
import { TraceRing } from '../memory/trace-ring.js';
import { applyUrgency, OutOfBand } from './out-of-band.js';
import { type Command, failureOf, type ThreadData } from './shared.js';
import { warmUp } from './warm-up.js';

// From here on it may be ended at any time.
parentPort!.postMessage('loaded');
warmUp();
const data = await new Promise<ThreadData>((resolve) => parentPort!.once('message', resolve));
try {
  applyUrgency(data);
  const side = new OutOfBand({
    device: new XdpDevice(data.device),
    words: new Int32Array(data.words),
    counters: new Counters(viewAt(data.counters, PAGE_LENGTH).buffer),
    trace: new TraceRing(data.trace),
    suppressed: new Int32Array(data.suppressed),
    echoes: new EchoPage(data.echoes),
    neighbours: new Int32Array(data.neighbours),
    services: new ServicePage(data.services),
    bell: new Bell(viewAt(data.bell, BELL_LENGTH).buffer),
    spin: data.spin,
    nextCommand: () => receiveMessageOnPort(data.commands)?.message as Command | undefined,
  });
  await side.run();
} catch (error) {
  // An error that crosses threads loses its class, and with it the hint.
  if (error instanceof EvlnetError) data.commands.postMessage(failureOf(error));
  throw error;
} finally {
  data.commands.close();
}
