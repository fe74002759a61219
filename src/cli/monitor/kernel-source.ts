import { readTables, type Tables } from '../../configuration/tables.js';
import { monitor } from '../../linux/link.js';
import { neighbourMonitor } from '../../linux/link-monitor.js';
import type { KernelNeighbour } from '../../linux/neighbour.js';
import type { Context } from '../context.js';

/** The kernel's tables, read again when rtnetlink says that they changed. */
export class KernelSource {
  readonly #monitor = monitor();
  readonly #neighbourMonitor = neighbourMonitor();
  #tables: Tables | undefined;
  #neighbours: readonly KernelNeighbour[] | undefined;

  constructor(readonly context: Pick<Context, 'system'>) {}

  async tables(): Promise<Tables> {
    if (this.#monitor.poll() || this.#tables === undefined) this.#tables = await readTables(this.context);
    return this.#tables;
  }

  async neighbours(): Promise<readonly KernelNeighbour[]> {
    if (this.#neighbourMonitor.poll() || this.#neighbours === undefined)
      this.#neighbours = await this.context.system.neighbours();
    return this.#neighbours;
  }

  close(): void {
    this.#monitor.close();
    this.#neighbourMonitor.close();
  }
}
