import { randomInt } from 'node:crypto';
import type { Attachment } from '../device/attachment.js';
import { MAX_MARK } from '../filter/stamp.js';
import type { OutOfBandSide } from './out-of-band-side.js';

/** Has frames come with the time at which the driver had them, while somebody wants that: to others they cost nothing. */
export class DriverTimes {
  readonly #wanting = new Set<unknown>();
  #mark = 0;
  #last = randomInt(MAX_MARK);
  #change: Promise<void> = Promise.resolve();

  constructor(
    readonly attachment: Attachment,
    readonly outOfBand: OutOfBandSide,
  ) {}

  /** Whether the driver can tell. */
  get isSupported(): boolean {
    return this.attachment.setStamp !== undefined;
  }

  /** Whether it does. */
  get isOn(): boolean {
    return this.#mark !== 0;
  }

  /** Resolves once every frame that comes is stamped; on a driver that cannot, at once. Rejects where the kernel refuses it. */
  async want(who: unknown): Promise<void> {
    this.#wanting.add(who);
    try {
      await this.#follow();
    } catch (error) {
      this.#wanting.delete(who);
      throw error;
    }
  }

  async release(who: unknown): Promise<void> {
    if (this.#wanting.delete(who)) await this.#follow();
  }

  /** Wants it for that long, or until `over` resolves. */
  async hold(ms: number, over: Promise<void>): Promise<void> {
    const who = Symbol();
    await this.want(who);
    let timer: NodeJS.Timeout | undefined;
    const time = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    });
    await Promise.race([time, over]);
    clearTimeout(timer);
    await this.release(who);
  }

  /** One change after the other. */
  #follow(): Promise<void> {
    const next = this.#change.then(() => this.#apply());
    this.#change = next.catch(() => {});
    return next;
  }

  async #apply(): Promise<void> {
    const isWanted = this.#wanting.size > 0;
    if (!this.isSupported || isWanted === this.isOn) return;
    // Stamps of before have another mark: nobody takes them for new ones.
    const mark = isWanted ? (this.#last % MAX_MARK) + 1 : 0;
    await this.attachment.setStamp!(mark);
    this.#mark = mark;
    if (mark !== 0) this.#last = mark;
    await this.outOfBand.command({ kind: 'stamp', mark });
  }
}
