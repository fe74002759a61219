// A program of its own, so that nobody else's work is in its times: sends datagrams through the kernel's stack, and tells when each came back.
// Arguments: host, UDP port, octets, nanoseconds between two, and how many (0: until SIGINT). Prints `time NS` for each, `refused` where nobody is there, at
// the end `sent COUNT`.
import { hostAddress } from '../../configuration/host-address.js';
import { Errno, systemError } from '../../linux/libc.js';
import { dieWithParent } from '../../linux/parent.js';
import { StampedSocket } from '../../linux/stamped-socket.js';

/** Now and then the event loop has signals to tell, and lines to write. */
const SLICE_NS = 20e6;
/** For replies that are under way, and for the first one, which may wait for ARP and is in no numbers. */
const PATIENCE_NS = 1e9;
const SEQUENCES = 0x1_0000;

dieWithParent();
const [host, ...numbers] = process.argv.slice(2);
const [port = 7, size = 56, intervalNs = 1e6, wanted = 0] = numbers.map(Number);
const count = wanted || Number.POSITIVE_INFINITY;
let isEnough = false;
process.on('SIGINT', () => {
  isEnough = true;
});
try {
  await issue(new StampedSocket(await hostAddress(host!), port));
} catch (error) {
  // Who reads it says what cannot be done.
  process.stderr.write(`${(error as Error).message.replace(/^Cannot [^:]*: /, '')}\n`);
  process.exitCode = 2;
}

async function issue(socket: StampedSocket): Promise<void> {
  const sentNs = new Float64Array(SEQUENCES);
  let lines = '';
  let sent = 0;
  let answered = 0;
  let isRefused = false;
  const send = (now: number) => {
    const failure = socket.send(sent % SEQUENCES, size);
    // The answer to an earlier one.
    if (failure === Errno.ECONNREFUSED) isRefused = true;
    else if (failure !== 0 && failure !== Errno.EAGAIN && failure !== Errno.ENOBUFS)
      throw systemError('send', failure);
    sentNs[sent++ % SEQUENCES] = now;
  };
  const receive = () => {
    for (;;) {
      const failure = socket.receive();
      if (failure === Errno.ECONNREFUSED) {
        isRefused = true;
        continue;
      }
      if (failure !== 0) return;
      const { sequence, ns } = socket;
      if (sequence < 0 || sentNs[sequence] === 0) continue;
      // The clock of the day may be set back meanwhile.
      lines += `time ${Math.max(0, Math.round(ns - sentNs[sequence]!))}\n`;
      sentNs[sequence] = 0;
      answered++;
    }
  };

  send(socket.nowNs);
  for (let end = socket.nowNs + PATIENCE_NS; answered === 0 && socket.nowNs < end && !isRefused; ) {
    socket.wait(SLICE_NS);
    receive();
  }
  sentNs.fill(0);
  lines = '';
  sent = answered = 0;

  let dueNs = socket.nowNs;
  let lastNs = dueNs;
  const isDone = (now: number) =>
    (isEnough || sent === count) && (answered === sent || now > lastNs + PATIENCE_NS);
  for (let now = dueNs; !isDone(now); ) {
    for (const end = now + SLICE_NS; now < end && !isDone(now); now = socket.nowNs) {
      if (now >= dueNs && !isEnough && sent < count) {
        send(now);
        lastNs = now;
        // In step with the first; behind time, it does not catch up.
        dueNs += intervalNs * (1 + Math.floor((now - dueNs) / intervalNs));
      }
      receive();
      socket.wait(Math.max(0, Math.min(dueNs > now ? dueNs : end, end) - socket.nowNs));
    }
    receive();
    process.stdout.write(lines);
    lines = '';
    await new Promise((resolve) => setImmediate(resolve));
  }
  process.stdout.write(`${isRefused ? 'refused\n' : ''}sent ${sent}\n`);
  socket.close();
}
