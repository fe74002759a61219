/** The memory of an instance; its views are new ones after it grew. */
export class Memory {
  readonly memory: WebAssembly.Memory;
  view: DataView;
  octets: Uint8Array;

  constructor(length: number) {
    this.memory = new WebAssembly.Memory({ initial: pages(length) });
    this.view = new DataView(this.memory.buffer);
    this.octets = new Uint8Array(this.memory.buffer);
  }

  /** At least `length` octets. Throws RangeError where there is no room. */
  reach(length: number): void {
    const more = pages(length) - pages(this.octets.length);
    if (more <= 0) return;
    this.memory.grow(more);
    this.view = new DataView(this.memory.buffer);
    this.octets = new Uint8Array(this.memory.buffer);
  }
}

const PAGE = 1 << 16;
const pages = (length: number) => Math.ceil(length / PAGE);
