// A driver that only copies frames leaves the kernel its own: two would answer. A TCX program on the same interface drops there what evlnet takes.
// Taps see it all the same: packet_rcv() runs before TCX, __netif_receive_skb_core() in net/core/dev.c.
import { EvlnetError } from '../errors.js';
import { COUNTERS, VLANS } from '../filter/maps.js';
import type { OpenFilter } from '../filter/open.js';
import { toTcx, vlanRuleTcx } from '../filter/to-skb.js';
import { changes } from '../filter/vlan-table.js';
import { AttachType, type BpfMap, createLink, createMap } from '../linux/bpf.js';
import { close, Errno, systemError } from '../linux/libc.js';
import { HookProgram } from './hook-program.js';

/** The program at TCX ingress; it goes with this process. */
export class KernelCopy {
  readonly #vlans: BpfMap;
  readonly #counters: BpfMap;
  readonly #hook: HookProgram;
  #table: Uint8Array = new Uint8Array(VLANS.maxEntries * VLANS.valueSize);
  #ifindex = 0;
  #link = -1;

  /** Throws where the kernel has no TCX, or this process may not. */
  constructor(ifindex: number) {
    this.#vlans = createMap(VLANS);
    this.#counters = createMap(COUNTERS);
    try {
      this.#hook = new HookProgram(
        new Map([
          [VLANS.name, this.#vlans],
          [COUNTERS.name, this.#counters],
        ]),
        vlanRuleTcx(),
      );
      this.attach(ifindex);
    } catch (error) {
      this.#vlans.close();
      this.#counters.close();
      throw error;
    }
  }

  get instructions(): number {
    return this.#hook.instructions;
  }

  setVlans(next: Uint8Array): void {
    for (const vid of changes(this.#table, next))
      this.#vlans.update(vid, next.subarray(vid * 8, vid * 8 + 8));
    this.#table = next.slice();
  }

  setFilter(filter: OpenFilter | undefined, anyEthertype: boolean): void {
    this.#hook.replace(
      filter && { program: toTcx(filter.object, filter.program, { anyEthertype }), maps: filter.object.maps },
      this.#link,
    );
  }

  /** Puts it on the interface, which may be another than before. */
  attach(ifindex = this.#ifindex): void {
    this.detach();
    this.#ifindex = ifindex;
    const link = createLink(this.#hook.program, ifindex, AttachType.TcxIngress);
    if (link < 0)
      throw -link === Errno.EINVAL
        ? new EvlnetError('EVL_NO_TCX', 'Cannot attach to TCX: this kernel has none (Linux 6.6)', {
            errno: Errno.EINVAL,
          })
        : systemError('attach to TCX', -link);
    this.#link = link;
  }

  /** The kernel has everything again. */
  detach(): void {
    if (this.#link >= 0) close(this.#link);
    this.#link = -1;
  }

  close(): void {
    this.detach();
    this.#hook.close();
    this.#vlans.close();
    this.#counters.close();
  }
}
