import { chmodSync, mkdirSync, readdirSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { EvlnetError, usage } from '../errors.js';
import { claimPath, type Holder, readHolder } from '../linux/claim.js';
import { namingErrors } from '../linux/file-error.js';
import { isAlive, type ProcessIdentity } from '../linux/process.js';

/** What worker.json says: who the worker is, of which base device, following which state file. */
export interface WorkerIdentity extends ProcessIdentity {
  device: string;
  /** Absolute path of the state file. */
  state: string;
}

/** A run folder with a worker.json: of a worker that runs, or (`alive` false) of one that died in it. */
export interface WorkerEntry {
  device: string;
  folder: string;
  /** Inode of the network namespace. */
  netns: number;
  identity: WorkerIdentity;
  /** Never used again: what tells it from the next worker in that folder, which may be of the same process. */
  nonce: unknown;
  alive: boolean;
}

export interface FolderClaim {
  /** The worker that died here without a release; its changes.json is still there to be undone. */
  readonly previous: WorkerIdentity | undefined;
  /** Removes what the worker made, and the folders when nothing is left in them. Twice is once. */
  release(): void;
}

/** Where the run folders lie: /run/evlnet, or `run/` beside a state file that somebody named. */
export const runRoot = (state: { file: string; explicit: boolean }): string =>
  state.explicit ? join(dirname(state.file), 'run') : '/run/evlnet';

/** The run folder of the worker of `device`, in our network namespace unless told. */
export function workerFolder(root: string, device: string, inode: number = netnsInode()): string {
  if (!/^(?!\.{1,2}$)[^\s/]+$/.test(device)) throw usage('EVL_NO_DEVICE', `Cannot find device "${device}"`);
  return join(root, String(inode), device);
}

/** The inode of our network namespace: what tells it from any other while it exists. */
export const netnsInode = (): number => statSync('/proc/self/ns/net').ino;

/** The workers of all namespaces, running or dead, sorted by namespace and device. */
export function listWorkers(root: string): WorkerEntry[] {
  const entries: WorkerEntry[] = [];
  for (const netns of folders(root).filter((name) => /^\d+$/.test(name))) {
    for (const device of folders(join(root, netns))) {
      const folder = join(root, netns, device);
      const holder = readHolder(join(folder, WORKER));
      const identity = workerOf(holder);
      if (identity === undefined) continue;
      const { nonce } = holder!.content;
      entries.push({ device, folder, netns: Number(netns), identity, nonce, alive: isAlive(identity) });
    }
  }
  return entries;
}

/** Whether the worker has not ended since it was listed. */
export const isStill = ({ folder, identity, nonce }: WorkerEntry): boolean =>
  isAlive(identity) && readHolder(join(folder, WORKER))?.content.nonce === nonce;

/**
 * Makes this process the worker whose run folder is `folder`; of several that try, exactly one succeeds. Throws
 * EVL_WORKER_RUNNING with the pid while another lives. The folder of a dead one is taken over and cleaned, except for
 * changes.json: that one is undone first, and means nothing after a reboot.
 */
export function claimFolder(folder: string, identity: WorkerIdentity): FolderClaim {
  const outcome = namingErrors(
    'make run folder',
    folder,
    'name a state file of your own with -state FILE',
    () => claimIn(folder, identity),
  );
  if ('holder' in outcome) throw running(identity.device, outcome.holder.identity.pid);
  const previous = workerOf(outcome.previous);
  clean(folder);
  if (previous && previous.bootId !== identity.bootId) rmSync(join(folder, 'changes.json'), { force: true });
  return {
    previous,
    release() {
      if (!outcome.claim.isHeld()) return;
      // The claim goes last: from then on the folder may be another worker's.
      clean(folder);
      outcome.claim.release();
      removeEmpty(folder);
      removeEmpty(dirname(folder));
      const root = dirname(dirname(folder));
      if (root === runRoot({ file: identity.state, explicit: true }) && isOursAlone(root)) removeEmpty(root);
    },
  };
}

const WORKER = 'worker.json';
const TRIES = 10;

function claimIn(folder: string, identity: WorkerIdentity) {
  for (let turn = 1; ; turn++) {
    try {
      mkdirSync(folder, { recursive: true });
      // Anybody may look who works here; the umask of a service manager may say otherwise.
      for (const each of [folder, dirname(folder)]) chmodSync(each, 0o755);
      return claimPath(join(folder, WORKER), { ...identity });
    } catch (error) {
      // A worker that ends removes its empty folder, perhaps under our feet.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || turn === TRIES) throw error;
    }
  }
}

function clean(folder: string): void {
  for (const name of ['control.sock', '.control', 'stats', 'bell', 'wake', 'sockets']) {
    rmSync(join(folder, name), { force: true, recursive: true });
  }
}

function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // changes.json that could not be undone, another device, or the next worker already.
  }
}

/** Nobody else could make a folder in it: without it, whoever may use the state file's folder can be the next worker. */
function isOursAlone(folder: string): boolean {
  const found = statSync(folder, { throwIfNoEntry: false });
  return found !== undefined && found.uid === process.geteuid?.() && (found.mode & 0o022) === 0;
}

function workerOf(holder: Holder | undefined): WorkerIdentity | undefined {
  const { device, state } = holder?.content ?? {};
  if (!holder || typeof device !== 'string' || typeof state !== 'string') return undefined;
  return { ...holder.identity, device, state };
}

function folders(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    return namingErrors('read run folder', folder, '', () => {
      throw error;
    });
  }
}

const running = (device: string, pid: number) =>
  new EvlnetError(
    'EVL_WORKER_RUNNING',
    `Cannot become the worker of "${device}": process ${pid} already is`,
    {
      hint: `end process ${pid} first`,
    },
  );

/** The device whose run folder it is. */
export const deviceOf = (folder: string): string => basename(folder);
