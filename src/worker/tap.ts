import type { Attachment } from '../device/attachment.js';
import { EvlnetError, Exit } from '../errors.js';

/** Has the XDP program tell of every frame while one other process wants that: to others it costs nothing. */
export class Tap {
  #isTaken = false;
  #isOver = false;

  constructor(
    readonly attachment: Attachment,
    readonly device: string,
  ) {}

  /** Takes it for one. Id of the perf event array that the program tells in (filter/tap.ts), once `begin` says so. */
  take(): number {
    const { attachment, device } = this;
    if (attachment.tapMap === undefined)
      throw new EvlnetError(
        'EVL_NO_TAP',
        `Cannot dump frames of "${device}": its worker runs with the driver ${attachment.driver}`,
        { exit: Exit.Unsupported, hint: `nothing is kept from "tcpdump -i ${device}" there` },
      );
    if (this.#isTaken)
      throw new EvlnetError('EVL_TAPPED', `Cannot dump frames of "${device}": somebody else does (EBUSY)`, {
        hint: 'end the other evlnet dump first',
      });
    const id = attachment.tapMap();
    this.#isTaken = true;
    return id;
  }

  async begin(): Promise<void> {
    if (this.#isTaken && !this.#isOver) await this.attachment.setTap?.(true);
  }

  async end(): Promise<void> {
    this.#isTaken = false;
    if (!this.#isOver) await this.attachment.setTap?.(false);
  }

  /** The attachment is about to be closed: its maps are nobody's any more. */
  close(): void {
    this.#isOver = true;
  }
}
