import { Op, Type } from './opcode.js';

/** Octets of WebAssembly, appended: the instructions of one function, or a section of a module. */
export class Code {
  #octets = new Uint8Array(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get octets(): Uint8Array {
    return this.#octets.subarray(0, this.#length);
  }

  octet(value: number): this {
    if (this.#length === this.#octets.length) this.#grow(1);
    this.#octets[this.#length++] = value;
    return this;
  }

  append(octets: ArrayLike<number>): this {
    if (this.#length + octets.length > this.#octets.length) this.#grow(octets.length);
    this.#octets.set(octets, this.#length);
    this.#length += octets.length;
    return this;
  }

  /** Unsigned LEB128. */
  unsigned(value: number): this {
    let rest = value >>> 0;
    while (rest >= 0x80) {
      this.octet((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    return this.octet(rest);
  }

  /** Signed LEB128. */
  signed(value: bigint): this {
    let rest = value;
    for (;;) {
      const low = Number(rest & 0x7fn);
      rest >>= 7n;
      const isLast = (rest === 0n && low < 0x40) || (rest === -1n && low >= 0x40);
      this.octet(isLast ? low : low | 0x80);
      if (isLast) return this;
    }
  }

  op(...opcodes: number[]): this {
    for (const opcode of opcodes) this.octet(opcode);
    return this;
  }

  /** 32 bits. */
  i32(value: number): this {
    return this.op(Op.i32Const).signed(BigInt(value | 0));
  }

  /** 64 bits. */
  i64(value: bigint | number): this {
    return this.op(Op.i64Const).signed(BigInt.asIntN(64, BigInt(value)));
  }

  get(local: number): this {
    return this.op(Op.localGet).unsigned(local);
  }

  set(local: number): this {
    return this.op(Op.localSet).unsigned(local);
  }

  tee(local: number): this {
    return this.op(Op.localTee).unsigned(local);
  }

  getGlobal(index: number): this {
    return this.op(Op.globalGet).unsigned(index);
  }

  setGlobal(index: number): this {
    return this.op(Op.globalSet).unsigned(index);
  }

  call(index: number): this {
    return this.op(Op.call).unsigned(index);
  }

  /** A load or store; no alignment is promised, as eBPF promises none. */
  access(opcode: number, offset: number): this {
    return this.op(opcode, 0).unsigned(offset);
  }

  block(): this {
    return this.op(Op.block, Type.empty);
  }

  loop(): this {
    return this.op(Op.loop, Type.empty);
  }

  if(): this {
    return this.op(Op.if, Type.empty);
  }

  else(): this {
    return this.op(Op.else);
  }

  end(): this {
    return this.op(Op.end);
  }

  /** Leaves `depth` blocks, or starts the loop that is `depth` levels out again. */
  branch(depth: number): this {
    return this.op(Op.br).unsigned(depth);
  }

  branchIf(depth: number): this {
    return this.op(Op.brIf).unsigned(depth);
  }

  #grow(by: number): void {
    const larger = new Uint8Array(Math.max(this.#octets.length * 2, this.#length + by));
    larger.set(this.octets);
    this.#octets = larger;
  }
}
