// RFC 6864: what tells the fragments of one packet from those of another. A packet that may be cut gets a number that its source, destination
// and protocol have not used lately; one with DF needs none. Numbers are counted by hash, and begin anywhere, as Linux's (ip_idents, RFC
// 7739): who sees those of one destination learns nothing of the others.
import { randomFillSync } from 'node:crypto';

const BUCKET_BITS = 11;

export class Identifications {
  readonly #next = randomFillSync(new Uint16Array(1 << BUCKET_BITS));
  readonly #key = randomFillSync(new Int32Array(2));

  /** Another one for each packet, 1 to 65,535. */
  next(source: number, destination: number, protocol: number): number {
    let hash = Math.imul(destination ^ this.#key[0]!, 0x9e37_79b1);
    hash = Math.imul(hash ^ (hash >>> 15) ^ source, 0x85eb_ca6b);
    hash = Math.imul(hash ^ (hash >>> 13) ^ protocol ^ this.#key[1]!, 0xc2b2_ae35);
    const bucket = hash >>> (32 - BUCKET_BITS);
    const next = (this.#next[bucket]! % 0xffff) + 1;
    this.#next[bucket] = next;
    return next;
  }
}
