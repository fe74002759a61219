// Neighbours on devices of the kernel's: its table is copied to the out-of-band side, and what that side lacks the kernel is told to ask for.
import type { Monitor } from '../linux/link.js';
import { neighbourMonitor } from '../linux/link-monitor.js';
import { type KernelNeighbour, kernelNeighbours, useNeighbour } from '../linux/neighbour.js';
import { NeighbourState, readNeighbours, VALID_STATES } from '../memory/neighbour-page.js';
import type { NeighbourSetup } from '../stack/neighbour.js';
import type { OutOfBandSide } from './out-of-band-side.js';
import type { PortSetup } from './shared.js';

/** Between two times that the kernel is told to ask for the same. */
const AGAIN_MS = 1000;

export class KernelNeighbours {
  readonly #monitor: Monitor = neighbourMonitor();
  /** When the kernel was told, by slot and address. */
  readonly #toldMs = new Map<string, number>();
  #ports: readonly PortSetup[] = [];
  #isStale = true;
  #carrying: Promise<void> | undefined;

  constructor(readonly outOfBand: OutOfBandSide) {}

  /** From now on of these ports. */
  follow(ports: readonly PortSetup[]): void {
    this.#ports = ports.filter((p) => p.ifindex !== undefined);
    this.#isStale = true;
  }

  /** Carries over what changed; resolves once the out-of-band side has it. One at a time: that side may be slower than the tick. */
  tick(): Promise<void> {
    this.#carrying ??= this.#carry().finally(() => {
      this.#carrying = undefined;
    });
    return this.#carrying;
  }

  /** The same for what has changed until now. */
  async catchUp(): Promise<void> {
    await this.#carrying?.catch(() => {});
    await this.tick();
  }

  async #carry(): Promise<void> {
    if (this.#ports.length === 0) return;
    this.#ask();
    if (!this.#monitor.poll() && !this.#isStale) return;
    this.#isStale = false;
    const all = kernelNeighbours();
    await this.outOfBand.command({
      kind: 'neighbours',
      tables: this.#ports.map((p) => ({
        slot: p.vid,
        entries: all.filter((n) => n.ifindex === p.ifindex).flatMap(setupOf),
      })),
    });
  }

  close(): void {
    this.#monitor.close();
  }

  #ask(): void {
    const now = Date.now();
    for (const { slot, address, state } of readNeighbours(this.outOfBand.neighbours)) {
      if (state !== NeighbourState.Incomplete && state !== NeighbourState.Probe) continue;
      const port = this.#ports.find((p) => p.vid === slot);
      const key = `${slot} ${address}`;
      if (port?.ifindex === undefined || now - (this.#toldMs.get(key) ?? 0) < AGAIN_MS) continue;
      this.#toldMs.set(key, now);
      useNeighbour(port.ifindex, address);
    }
    for (const [key, told] of this.#toldMs) if (now - told > 2 * AGAIN_MS) this.#toldMs.delete(key);
  }
}

/** What the other side can do with: a MAC address, or that there is none. */
function setupOf({ address, state, lladdr }: KernelNeighbour): NeighbourSetup[] {
  if (state === NeighbourState.Failed) return [{ address, state, macHi: 0, macLo: 0 }];
  if ((state & VALID_STATES) === 0 || lladdr === undefined) return [];
  const view = new DataView(lladdr.buffer, lladdr.byteOffset);
  return [{ address, state: state as NeighbourState, macHi: view.getUint16(0), macLo: view.getUint32(2) }];
}
