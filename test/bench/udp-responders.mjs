// Who echoes datagrams: a program with node:dgram, the same one with evlnet's sockets beside its worker, also with busyPoll, C with recvmmsg, evlnet's service.
import { join } from 'node:path';
import { start } from './process.mjs';
import { BUILD, PORT, program, RESPONDER_CPU, ROOT } from './responders.mjs';
import { addKernelVlan, DEVICE, ISSUER, RESPONDER } from './wire.mjs';

const UDP_PORT = 7;
const PROGRAM = join(ROOT, 'test/bench/udp-program.mjs');
const pinned = ['-c', `${RESPONDER_CPU}`];

/** On the kernel's sockets: `--spin` makes no difference. */
const inBand = (name, command, args) => async (wire) => {
  const tagged = await addKernelVlan(wire);
  return {
    name,
    close() {},
    async start() {
      const it = await start(...wire.onResponder(command, args), { ready: /listening/ });
      return { ...it, wire, tagged, udpPort: UDP_PORT };
    },
  };
};

export const dgram = inBand('dgram', 'taskset', [
  ...pinned,
  process.execPath,
  PROGRAM,
  'node:dgram',
  RESPONDER.address,
  `${UDP_PORT}`,
]);

export const mmsg = inBand('mmsg', join(BUILD, 'datagrams'), [
  '--address',
  RESPONDER.address,
  '--cpu',
  `${RESPONDER_CPU}`,
]);

export async function service(wire, mode) {
  const it = await program('service', wire, mode ? ['mode', mode] : [], [
    'run',
    DEVICE,
    'udp-echo',
    `${UDP_PORT}`,
  ]);
  return { ...it, start: async (wait) => ({ ...(await it.start(wait)), udpPort: UDP_PORT }) };
}

/** Microseconds. */
const BUSY_POLL = '50';
export const socket = (wire, mode) => besideWorker('socket', wire, mode, []);
export const polling = (wire, mode) => besideWorker('polling', wire, mode, [BUSY_POLL]);

/** Two processes: a worker that has no service for it, and the program. */
async function besideWorker(name, wire, mode, words) {
  const worker = await program(name, wire, mode ? ['mode', mode] : [], ['run', DEVICE, 'icmp-responder']);
  // The issuer's kernel, which has no VLAN, does not answer ARP there.
  await worker.command('neigh', 'add', ISSUER.address, 'lladdr', ISSUER.lladdr, 'dev', PORT);
  return {
    ...worker,
    async start(wait) {
      const carrier = await worker.start(wait);
      const args = [
        ...pinned,
        process.execPath,
        PROGRAM,
        join(ROOT, 'dist/index.js'),
        RESPONDER.address,
        `${UDP_PORT}`,
        ...words,
      ];
      const it = await start(...wire.onResponder('taskset', args), { ready: /listening/, env: worker.env });
      const both = [carrier, it];
      return {
        ...carrier,
        udpPort: UDP_PORT,
        children: [...carrier.children, it.pid],
        park() {
          for (const p of both) p.park();
        },
        unpark() {
          for (const p of both) p.unpark();
        },
        async stop() {
          await it.stop();
          return carrier.stop();
        },
      };
    },
  };
}
