// What the in-band side knows of services of a user's own: the out-of-band side writes it, and only when something changes.
//
//   octet 0  state of each service, length of its text   128  texts, UTF-8
export const SERVICES = 16;
const TEXT = 496;
const TEXTS_AT = SERVICES * 2 * 4;
export const SERVICE_PAGE_LENGTH = TEXTS_AT + SERVICES * TEXT;

export const ServicePhase = {
  None: 0,
  Loading: 1,
  Running: 2,
  /** It threw, or could not be loaded; the text says what. */
  Failed: 3,
} as const;
export type ServicePhase = (typeof ServicePhase)[keyof typeof ServicePhase];

export class ServicePage {
  readonly #words: Int32Array;
  readonly #texts: Uint8Array;

  /** `buffer`: SERVICE_PAGE_LENGTH octets of zeros. */
  constructor(buffer: ArrayBuffer | SharedArrayBuffer) {
    this.#words = new Int32Array(buffer, 0, SERVICES * 2);
    this.#texts = new Uint8Array(buffer, TEXTS_AT, SERVICES * TEXT);
  }

  phase(id: number): ServicePhase {
    return Atomics.load(this.#words, id * 2) as ServicePhase;
  }

  /** `text` is cut to what fits. */
  set(id: number, phase: ServicePhase, text = ''): void {
    const octets = new TextEncoder().encode(text).subarray(0, TEXT);
    this.#texts.set(octets, id * TEXT);
    this.#words[id * 2 + 1] = octets.length;
    Atomics.store(this.#words, id * 2, phase);
  }

  text(id: number): string {
    // A copy: the decoder takes no shared memory.
    return new TextDecoder().decode(this.#texts.slice(id * TEXT, id * TEXT + this.#words[id * 2 + 1]!));
  }
}
