// What the in-band side knows of services of a user's own: the out-of-band side writes it, and only when something changes.
//
//   octet 0  of each service: state, length of its text, UDP port   192  texts, UTF-8
export const SERVICES = 16;
const TEXT = 496;
const WORDS = 3;
const TEXTS_AT = SERVICES * WORDS * 4;
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
    this.#words = new Int32Array(buffer, 0, SERVICES * WORDS);
    this.#texts = new Uint8Array(buffer, TEXTS_AT, SERVICES * TEXT);
  }

  phase(id: number): ServicePhase {
    return Atomics.load(this.#words, id * WORDS) as ServicePhase;
  }

  /** UDP port whose datagrams it gets; 0: none of its own. */
  udpPort(id: number): number {
    return this.#words[id * WORDS + 2]!;
  }

  /** `text` is cut to what fits. */
  set(id: number, phase: ServicePhase, text = '', udpPort = 0): void {
    const octets = new TextEncoder().encode(text).subarray(0, TEXT);
    this.#texts.set(octets, id * TEXT);
    this.#words[id * WORDS + 1] = octets.length;
    this.#words[id * WORDS + 2] = udpPort;
    Atomics.store(this.#words, id * WORDS, phase);
  }

  text(id: number): string {
    // A copy: the decoder takes no shared memory.
    return new TextDecoder().decode(this.#texts.slice(id * TEXT, id * TEXT + this.#words[id * WORDS + 1]!));
  }
}
