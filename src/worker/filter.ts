import { EvlnetError } from '../errors.js';
import type { OpenFilter } from '../filter/open.js';
import type { FilterState } from '../state/schema.js';

/** What can run a filter: a device's attachment. */
export interface FilterHost {
  /** Throws, with what was there still there. */
  setFilter(filter: OpenFilter | undefined, anyEthertype: boolean): void | Promise<void>;
}

/** A filter at the hook. */
export interface Running {
  readonly source: FilterState;
  readonly opened: OpenFilter;
  readonly anyEthertype: boolean;
}

/** The filter of a worker: what is recorded, what runs, and why that is not the same. */
export class Filter {
  #running: Running | undefined;
  #failure: EvlnetError | undefined;
  /** What was last put into effect, or tried. */
  #seen = '';

  constructor(
    readonly device: string,
    readonly host: FilterHost,
  ) {}

  /** Undefined: the VLAN rule alone decides. */
  get running(): Running | undefined {
    return this.#running;
  }

  /** Why what is recorded does not run. */
  get failure(): EvlnetError | undefined {
    return this.#failure;
  }

  /**
   * Puts `wanted` (undefined: no filter) into effect, if it is not already. One that fails leaves what runs, and is tried again only when
   * it changed or `retries` says so. Returns the error of a failure that is new.
   */
  async follow(
    wanted: FilterState | undefined,
    anyEthertype: boolean,
    retries: boolean,
  ): Promise<EvlnetError | undefined> {
    const key = wanted === undefined ? '' : JSON.stringify([wanted, anyEthertype]);
    if (key === this.#seen && !(retries && this.#failure)) return undefined;
    this.#seen = key;
    this.#failure = undefined;
    try {
      this.#running = wanted === undefined ? await this.#clear() : await this.#install(wanted, anyEthertype);
      return undefined;
    } catch (error) {
      this.#failure = this.#explained(error);
      return this.#failure;
    }
  }

  async #clear(): Promise<undefined> {
    if (this.#running) await this.host.setFilter(undefined, false);
  }

  async #install(source: FilterState, anyEthertype: boolean): Promise<Running> {
    const before = this.#running;
    const isSame = before !== undefined && isSameFilter(before.source, source);
    const opened = isSame ? before.opened : await open(source);
    // Another name for what runs already: no frame needs to notice.
    if (!isSame || before.anyEthertype !== anyEthertype) await this.host.setFilter(opened, anyEthertype);
    return { source, opened, anyEthertype };
  }

  /** With what decides in its place. */
  #explained(error: unknown): EvlnetError {
    const { code, message, hint, exit } =
      error instanceof EvlnetError
        ? error
        : new EvlnetError('EVL_INTERNAL', `Cannot set the filter: ${(error as Error).message}`);
    const [reason, ...lines] = message.split('\n');
    const place = this.#running === undefined ? 'the VLAN rule decides' : 'the filter before it goes on';
    return new EvlnetError(code, [`${reason}; on "${this.device}" ${place}`, ...lines].join('\n'), {
      exit,
      ...(hint === undefined ? {} : { hint }),
    });
  }
}

/** What reads filters is loaded when there is one: most workers have none, and would start later for it. */
const open = async (source: FilterState): Promise<OpenFilter> =>
  (await import('../filter/open.js')).openRecorded(source);

/** Of an object, what is in the file and which program of it; its maps go on then. */
function isSameFilter(one: FilterState, other: FilterState): boolean {
  if ('object' in one && 'object' in other)
    return one.sha256 !== undefined && one.sha256 === other.sha256 && one.program === other.program;
  return JSON.stringify(one) === JSON.stringify(other);
}
