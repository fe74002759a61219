import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { NeighbourStatus } from '../../control/messages.js';
import { SOCKET } from '../../control/socket-path.js';
import { EvlnetError } from '../../errors.js';
import type { Context } from '../context.js';
import type { Worker } from '../system.js';

/** How long a worker may take to answer; it is looked at again soon. */
const ANSWER_MS = 1000;

export interface SeenWorker {
  readonly worker: Worker;
  /** Its table; absent where it did not tell, or nobody asked. */
  readonly neighbours?: readonly NeighbourStatus[];
}

/** The run folders, looked at again and again. One that does not answer for a while is as it was when it did. */
export class WorkerSource {
  #seen = new Map<string, SeenWorker>();

  constructor(
    readonly context: Pick<Context, 'system' | 'state'>,
    readonly wantsNeighbours: boolean,
    readonly onError: (error: EvlnetError) => void,
  ) {}

  /** Undefined where the folders cannot be read. */
  async look(): Promise<readonly SeenWorker[] | undefined> {
    const found = await this.#asked(() => this.context.system.workers(this.context.state));
    if (found === undefined) return undefined;
    const seen = (await Promise.all(found.map((worker) => this.#see(worker)))).flat();
    this.#seen = new Map(seen.map((one) => [idOf(one.worker), one]));
    return seen;
  }

  async #see(worker: Worker): Promise<SeenWorker[]> {
    if (!worker.isAlive) return [{ worker }];
    const before = this.#seen.get(idOf(worker));
    const status = worker.status ?? before?.worker.status;
    if (status === undefined) {
      // It is starting: until it can be asked it has nothing.
      if (!existsSync(join(worker.folder, SOCKET))) return [];
      await this.#asked(() => this.context.system.ask(worker.folder, { cmd: 'status' }, ANSWER_MS));
      return [{ worker }];
    }
    const neighbours = this.wantsNeighbours ? await this.#neighboursOf(worker, before) : undefined;
    return [{ worker: { ...worker, status }, ...(neighbours && { neighbours }) }];
  }

  async #neighboursOf(worker: Worker, before: SeenWorker | undefined) {
    const answer = await this.#asked(() =>
      this.context.system.ask(worker.folder, { cmd: 'neighbours' }, ANSWER_MS),
    );
    return answer?.neighbours ?? before?.neighbours;
  }

  async #asked<T>(ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof EvlnetError)) throw error;
      // One that ends between two questions is told of at the next look.
      if (error.code !== 'EVL_NO_WORKER' && error.code !== 'EVL_WORKER_GONE') this.onError(error);
      return undefined;
    }
  }
}

const idOf = ({ folder, pid }: Worker): string => `${folder} ${pid}`;
