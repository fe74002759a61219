/** Of so many datagrams: a power of two. */
const MOST = 256;

export interface Destination {
  readonly address: number;
  readonly port: number;
}

/** Where the last datagrams were to go, by their positions in the ring, for the errors of those that nobody waits for. */
export class Destinations {
  readonly #positions = new Int32Array(MOST);
  readonly #addresses = new Uint32Array(MOST);
  readonly #ports = new Uint16Array(MOST);
  #next = 0;

  note(position: number, address: number, port: number): void {
    const i = this.#next++ & (MOST - 1);
    this.#positions[i] = position;
    this.#addresses[i] = address;
    this.#ports[i] = port;
  }

  /** Undefined: of a connected socket, or too long ago. */
  of(position: number): Destination | undefined {
    // The newest first: positions come again.
    for (let n = this.#next - 1; n >= 0 && n >= this.#next - MOST; n--) {
      const i = n & (MOST - 1);
      if (this.#positions[i] !== position) continue;
      return { address: this.#addresses[i]!, port: this.#ports[i]! };
    }
    return undefined;
  }
}
