import { type RecordedPort, recordedPorts } from '../../configuration/recorded-port.js';
import type { Context } from '../context.js';
import { filterRecord } from '../filter/record.js';
import { neighboursOf } from '../neighbour/list.js';
import type { NeighbourRecord } from '../neighbour/record.js';
import { portRecord } from '../port/record.js';
import { vlansRecord } from '../vlans.js';
import type { Kind, Snapshot } from './changes.js';
import { KernelSource } from './kernel-source.js';
import { linkRecord } from './link.js';
import { StateSource } from './state-source.js';
import { workerRecord } from './worker.js';
import { type SeenWorker, WorkerSource } from './worker-source.js';

/** All that events are taken from: state file, run folders, workers, the kernel's tables. */
export class Sources {
  readonly #kernel: KernelSource;
  readonly #state: StateSource;
  readonly #workers: WorkerSource;
  readonly #warned = new Set<string>();

  constructor(
    readonly context: Context,
    readonly kinds: ReadonlySet<Kind>,
  ) {
    this.#kernel = new KernelSource(context);
    this.#state = new StateSource(context.state.file, context.warn);
    this.#workers = new WorkerSource(context, kinds.has('neigh'), ({ message, hint }) => {
      if (!this.#warned.has(message)) context.warn(message, hint);
      this.#warned.add(message);
    });
  }

  /** Reads what the kinds that are wanted take. */
  async look(): Promise<Snapshot> {
    const wants = (...kinds: Kind[]) => kinds.some((kind) => this.kinds.has(kind));
    // Before the state: a worker must not seem to run what is not recorded yet.
    const seen = wants('worker', 'port', 'filter', 'neigh') ? await this.#workers.look() : undefined;
    const tables = wants('link', 'port', 'neigh') ? await this.#kernel.tables() : undefined;
    const state = wants('link', 'vlans', 'port', 'filter', 'neigh') ? this.#state.look() : undefined;
    const workers = seen?.map(({ worker }) => worker);
    const ports = state && tables && recordedPorts(state, tables.links);
    return {
      devices: ports && new Set(ports.flatMap(({ baseName, ifname }) => [baseName, ifname])),
      link: tables?.links.map((device) => linkRecord(device, tables.links)),
      worker: workers?.filter(({ isAlive }) => isAlive).map(workerRecord),
      vlans: state && [vlansRecord(state.vlans)].filter(({ vlans }) => vlans.length > 0),
      port:
        state &&
        tables &&
        workers &&
        ports?.map((port) =>
          portRecord(port, { state, addresses: tables.addresses, workers, details: false }),
        ),
      filter:
        state &&
        workers &&
        Object.entries(state.filters).map(([device, filter]) =>
          filterRecord(
            device,
            filter,
            workers.find((worker) => worker.device === device),
            false,
          ),
        ),
      neigh: ports && seen && wants('neigh') ? await this.#neighbours(ports, seen) : undefined,
    };
  }

  close(): void {
    this.#kernel.close();
  }

  async #neighbours(
    ports: readonly RecordedPort[],
    seen: readonly SeenWorker[],
  ): Promise<readonly NeighbourRecord[]> {
    const tables = new Map(
      seen.flatMap(({ worker, neighbours }) =>
        neighbours === undefined ? [] : [[worker.device, neighbours] as const],
      ),
    );
    const isComplete = ports.every(({ baseName }) => tables.has(baseName));
    const kernel = isComplete ? [] : await this.#kernel.neighbours();
    return neighboursOf(ports, tables, kernel, { all: this.context.globals.all, statistics: false });
  }
}
