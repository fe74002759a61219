import { EvlnetError } from '../errors.js';
import { SERVICES, ServicePhase } from '../memory/service-page.js';
import type { OutOfBandSide } from './out-of-band-side.js';
import type { ModuleSetup } from './shared.js';

/** A module may wait for others, which come from a disk. */
const LOAD_MS = 10_000;

/** The in-band side of services of users' own: has them loaded, and notices when one fails. */
export class ModuleDispatch {
  readonly #urls = new Map<number, string>();

  constructor(readonly outOfBand: OutOfBandSide) {}

  /** Resolves with its id once it could run; throws EVL_SERVICE where it cannot. */
  async load(setup: ModuleSetup): Promise<number> {
    const { services } = this.outOfBand;
    const id = Array.from({ length: SERVICES }, (_, i) => i).find((i) => !this.#urls.has(i));
    if (id === undefined)
      throw new EvlnetError('EVL_BUSY', `Cannot load "${setup.url}": ${SERVICES} services run already`, {
        hint: 'end one of them first',
      });
    const name = setup.url.replace(/\?.*/, '');
    this.#urls.set(id, name);
    try {
      services.set(id, ServicePhase.Loading);
      await this.outOfBand.command({ kind: 'load-service', id, ...setup });
      const until = Date.now() + LOAD_MS;
      while (services.phase(id) === ServicePhase.Loading && Date.now() < until)
        await new Promise((resolve) => setTimeout(resolve, 1));
      if (services.phase(id) === ServicePhase.Running) return id;
      const reason =
        services.phase(id) === ServicePhase.Failed
          ? services.text(id)
          : `it is not there after ${LOAD_MS / 1000} s`;
      throw new EvlnetError('EVL_SERVICE', `Cannot load service "${name}": ${reason}`, {
        hint: 'a module whose default export is defineService(…)',
      });
    } catch (error) {
      await this.unload(id).catch(() => {});
      throw error;
    }
  }

  /** UDP port that a service has to itself; 0: none. */
  udpPort(id: number): number {
    return this.outOfBand.services.udpPort(id);
  }

  async unload(id: number): Promise<void> {
    await this.outOfBand.command({ kind: 'unload-service', id });
    this.outOfBand.services.set(id, ServicePhase.None);
    this.#urls.delete(id);
  }

  /** Why the service ended, if it has. */
  failure(id: number): EvlnetError | undefined {
    const { services } = this.outOfBand;
    if (services.phase(id) !== ServicePhase.Failed) return undefined;
    return new EvlnetError(
      'EVL_SERVICE_FAILED',
      `Service "${this.#urls.get(id)}" is stopped: ${services.text(id)}`,
      { hint: 'its packets are counted as service-failed, then go their way without it' },
    );
  }
}
