import { readFileSync } from 'node:fs';
import type { Command, Replies } from '../control/messages.js';
import type { Asked, System, Worker } from './system.js';

/** How long a worker may take to say how it is; one that takes longer is shown without. */
const STATUS_MS = 1000;

/** The kernel and the workers of this machine. koffi and execa are loaded by the first call that needs them. */
export const liveSystem: System = {
  links: async () => (await import('../linux/link.js')).links(),
  addresses: async () => (await import('../linux/link.js')).addresses(),
  routes: async () => (await import('../linux/route.js')).kernelRoutes(),
  neighbours: async () => (await import('../linux/neighbour.js')).kernelNeighbours(),
  setNeighbour: async (...given) => (await import('../linux/neighbour.js')).setNeighbour(...given),
  deleteNeighbour: async (...given) => (await import('../linux/neighbour.js')).deleteNeighbour(...given),
  solicit: async (...given) => (await import('../worker/solicit-kernel.js')).solicitKernel(...given),

  async workers(state) {
    const { listWorkers, netnsInode, runRoot } = await import('../control/run-folder.js');
    const here = netnsInode();
    const entries = listWorkers(runRoot(state)).filter((entry) => entry.netns === here);
    return Promise.all(
      entries.map(async ({ device, folder, identity, alive }): Promise<Worker> => {
        const status = alive ? await statusOf(folder) : undefined;
        return { device, folder, pid: identity.pid, isAlive: alive, ...(status ? { status } : {}) };
      }),
    );
  },

  async reload(state, rev, timeoutMs) {
    const [{ broadcastReload }, { runRoot }] = await Promise.all([
      import('../control/reload.js'),
      import('../control/run-folder.js'),
    ]);
    return broadcastReload(runRoot(state), rev, state.file, timeoutMs);
  },

  async ask<C extends Command>(
    folder: string,
    { cmd, ...rest }: Asked<C>,
    timeoutMs?: number,
    signal?: AbortSignal,
  ) {
    const { connect } = await import('../control/client.js');
    const worker = await connect(folder);
    const hangUp = () => worker.close();
    signal?.addEventListener('abort', hangUp, { once: true });
    try {
      return (await worker.request(cmd, rest, timeoutMs)) as Replies[C];
    } finally {
      signal?.removeEventListener('abort', hangUp);
      worker.close();
    }
  },

  async verifyFilter(filter, wanted) {
    const { verify } = await import('../filter/verify.js');
    verify(filter, wanted);
  },

  inherited: async (name) => ancestorsVariable(name),

  async run(command, words) {
    const { execa } = await import('execa');
    const { exitCode, stdout, stderr, code } = await execa(command, [...words], { reject: false });
    // Not started at all: ENOENT.
    return { code: exitCode ?? 127, stdout, stderr: code === undefined ? stderr : `${command}: ${code}` };
  },
};

async function statusOf(folder: string) {
  const { connect } = await import('../control/client.js');
  try {
    const worker = await connect(folder, { timeoutMs: STATUS_MS });
    try {
      return await worker.request('status', {}, STATUS_MS);
    } finally {
      worker.close();
    }
  } catch {
    // Starting, ending, hung, or another user's: what is known without it is shown.
    return undefined;
  }
}

const GENERATIONS = 32;

function ancestorsVariable(name: string): string | undefined {
  let pid = process.ppid;
  for (let i = 0; i < GENERATIONS && pid > 1; i++) {
    try {
      const found = readFileSync(`/proc/${pid}/environ`, 'utf8')
        .split('\0')
        .find((entry) => entry.startsWith(`${name}=`));
      if (found) return found.slice(name.length + 1);
      pid = Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
    } catch {
      return undefined;
    }
  }
  return undefined;
}
