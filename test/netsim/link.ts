// A link between two devices in memory that loses, doubles, delays, reorders and corrupts what they send, by one seed and in virtual time.
import type { LoopbackDevice } from '../../src/device/loopback.js';
import { BATCH, Batch } from '../../src/memory/batch.js';
import { isFragment } from '../fragment.js';
import type { Random } from './random.js';

const MS = 1e6;
/** Behind one tag, what fragments of one packet have in common: identification, protocol, addresses. */
const PACKET = [
  [22, 24],
  [27, 28],
  [30, 38],
] as const;

/** Of all frames that part; in both directions. */
export interface Conditions {
  readonly loss?: number;
  readonly duplicate?: number;
  /**
   * One bit of them, anywhere: the link has no FCS of its own. Of the fragments of a packet one at most: UDP's checksum finds every single
   * bit, but not every two.
   */
  readonly corrupt?: number;
  /** Held back for up to `reorderMs`. */
  readonly reorder?: number;
  readonly reorderMs?: number;
  /** Of every frame; up to `jitterMs` more, but never past the one before it. */
  readonly delayMs?: number;
  readonly jitterMs?: number;
}

interface Flying {
  readonly frame: Uint8Array;
  readonly to: number;
  readonly dueNs: number;
}

/** What the link did with the frames of one direction. */
export interface Passage {
  sent: number;
  sentOctets: number;
  lost: number;
  duplicated: number;
  corrupted: number;
  delivered: number;
  deliveredOctets: number;
}

const passage = (): Passage => ({
  sent: 0,
  sentOctets: 0,
  lost: 0,
  duplicated: 0,
  corrupted: 0,
  delivered: 0,
  deliveredOctets: 0,
});

export class Link {
  /** By the end that sent. */
  readonly passages = [passage(), passage()] as const;
  /** In the order in which they arrive. */
  readonly #flying: Flying[] = [];
  readonly #lastNs = [0, 0];
  /** Packets of which a fragment was corrupted. */
  readonly #worn = new Set<string>();
  readonly #batch = new Batch(BATCH);

  /** `ends`: the other end of each host's device. */
  constructor(
    readonly ends: readonly [LoopbackDevice, LoopbackDevice],
    readonly conditions: Conditions,
    readonly random: Random,
  ) {}

  /** When the next frame arrives. */
  get dueNs(): number {
    return this.#flying[0]?.dueNs ?? Number.POSITIVE_INFINITY;
  }

  /** Takes what the hosts have sent. */
  collect(nowNs: number): void {
    this.ends.forEach((end, from) => {
      while (end.receive(this.#batch) > 0) {
        for (let i = 0; i < this.#batch.count; i++) {
          const at = this.#batch.at[i]!;
          this.#send(end.arena.octets.slice(at, at + this.#batch.length[i]!), from, nowNs);
        }
        end.release(this.#batch);
      }
    });
  }

  /** Hands the oldest frame over: number of the host that has got it. */
  deliver(): number {
    const { frame, to } = this.#flying.shift()!;
    const end = this.ends[to]!;
    if (end.reserve(this.#batch, 1) === 0) throw new Error('the link has no room');
    end.arena.octets.set(frame, this.#batch.at[0]!);
    this.#batch.length[0] = frame.length;
    end.transmit(this.#batch);
    end.flush();
    const passed = this.passages[1 - to]!;
    passed.delivered++;
    passed.deliveredOctets += frame.length;
    return to;
  }

  #send(frame: Uint8Array, from: number, nowNs: number): void {
    const { conditions, random } = this;
    const passed = this.passages[from]!;
    passed.sent++;
    passed.sentOctets += frame.length;
    if (random.isHit(conditions.loss)) {
      passed.lost++;
      return;
    }
    const arrives = this.#arrival(from, nowNs);
    this.#fly({ frame: this.#wear(frame, passed), to: 1 - from, dueNs: arrives });
    if (!random.isHit(conditions.duplicate)) return;
    passed.duplicated++;
    this.#fly({ frame: this.#wear(frame, passed), to: 1 - from, dueNs: arrives + random.below(MS) });
  }

  #arrival(from: number, nowNs: number): number {
    const { delayMs = 0.1, jitterMs = 0, reorder, reorderMs = 5 } = this.conditions;
    const inOrder = Math.max(
      nowNs + delayMs * MS + this.random.below(jitterMs * MS + 1),
      this.#lastNs[from]!,
    );
    this.#lastNs[from] = inOrder;
    return this.random.isHit(reorder) ? inOrder + this.random.below(reorderMs * MS) : inOrder;
  }

  #wear(frame: Uint8Array, passed: Passage): Uint8Array {
    if (!this.random.isHit(this.conditions.corrupt)) return frame;
    const bit = this.random.below(frame.length * 8);
    if (isFragment(frame)) {
      const packet = PACKET.map(([from, to]) => frame.subarray(from, to).join()).join();
      if (this.#worn.has(packet)) return frame;
      this.#worn.add(packet);
    }
    passed.corrupted++;
    const worn = frame.slice();
    worn[bit >> 3]! ^= 1 << (bit & 7);
    return worn;
  }

  /** Of those that arrive at the same time the first sent is the first. */
  #fly(flying: Flying): void {
    let i = this.#flying.length;
    while (i > 0 && this.#flying[i - 1]!.dueNs > flying.dueNs) i--;
    this.#flying.splice(i, 0, flying);
  }
}
