import type { Attachment } from '../device/attachment.js';
import { Drop } from '../drop.js';
import { HookCounter } from '../filter/verdict.js';
import { type Counters, DeviceCounter } from '../memory/counters.js';

/** What the kernel and the driver count, carried to the counters page; from zero, as a reset leaves it, though theirs go on. */
export class HookCounters {
  #hook: number[];
  #drops = new Map<Drop, number>();
  #hiddenSeen = 0;

  constructor(
    readonly attachment: Attachment,
    readonly page: Counters,
  ) {
    this.#hook = attachment.hookCounters().map(() => 0);
  }

  publish(): void {
    const { device, slots } = this.page;
    const hook = this.attachment.hookCounters().map((n, i) => n - this.#hook[i]!);
    for (let i = 0; i < hook.length; i++) device[DeviceCounter.Hook + i] = hook[i]!;
    for (const [reason, count] of this.attachment.drops())
      slots[reason] = count - (this.#drops.get(reason) ?? 0);
    slots[Drop.HiddenTag] = hook[HookCounter.HiddenTag]!;
  }

  reset(): void {
    this.#hook = this.attachment.hookCounters();
    this.#drops = new Map(this.attachment.drops());
    this.#hiddenSeen = 0;
  }

  /** Warns once of frames whose tag was hidden: when there are the first such. */
  firstHidden(device: string, warn: (message: string, hint: string) => void): void {
    const hidden = this.page.slots[Drop.HiddenTag]!;
    if (hidden > 0 && this.#hiddenSeen === 0)
      warn(
        `frames of VLAN ${this.attachment.hiddenVid()} reach "${device}" with their tag hidden from XDP: the sender's VLAN offload keeps it beside the frame`,
        'on the sending end (the other end of a veth, the bridge port): ethtool -K DEVICE txvlan off',
      );
    this.#hiddenSeen = hidden;
  }
}
