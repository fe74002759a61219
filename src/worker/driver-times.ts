import { randomInt } from 'node:crypto';
import type { Attachment } from '../device/attachment.js';
import { noHardwareTimes } from '../device/hardware-times.js';
import { MAX_MARK } from '../filter/stamp.js';
import type { OutOfBandSide } from './out-of-band-side.js';

const WITH_XDP = 'evlnet port set PORT driver xdp mode native, where its driver has that';

/** Has frames come with the time at which the driver had them, while somebody wants that: to others they cost nothing. */
export class DriverTimes {
  /** Who wants it, and whether the NIC's own time too. */
  readonly #wanting = new Map<unknown, boolean>();
  #mark = 0;
  #hasHardware = false;
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

  /**
   * Resolves once every frame that comes is stamped; on a driver that cannot, at once. Rejects where the kernel refuses it, and where the
   * NIC's own time is wanted and can never be told: then what was wanted before still is.
   */
  async want(who: unknown, hardware = false): Promise<void> {
    const before = this.#wanting.get(who);
    this.#wanting.set(who, hardware);
    try {
      if (hardware && !this.isSupported) throw noHardwareTimes('of frames: libpcap tells none', WITH_XDP);
      await this.#follow();
    } catch (error) {
      if (before === undefined) this.#wanting.delete(who);
      else this.#wanting.set(who, before);
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
    const hardware = [...this.#wanting.values()].includes(true);
    if (!this.isSupported || (isWanted === this.isOn && hardware === this.#hasHardware)) return;
    // Stamps of before have another mark: nobody takes them for new ones. Where they only become others, none of a frame under way is lost.
    const mark = isWanted === this.isOn ? this.#mark : isWanted ? (this.#last % MAX_MARK) + 1 : 0;
    await this.attachment.setStamp!(mark, hardware);
    this.#hasHardware = hardware;
    if (mark === this.#mark) return;
    this.#mark = mark;
    if (mark !== 0) this.#last = mark;
    await this.outOfBand.command({ kind: 'stamp', mark });
  }
}
