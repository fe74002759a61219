// What is compared: fields of the frame and what is computed of them, into registers.
import { type Assembler, type Register, r0, r1, r2, r7, r8, r9, r10 } from '../../bpf/asm.js';
import type { Alu } from '../../bpf/instruction.js';
import type { Field, Operator, Value } from './condition.js';
import type { FrameOctets } from './frame-octets.js';
import { fieldKey, type Knowledge } from './knowledge.js';
import { leftSpine } from './value.js';

/** The place in the program that is being written. */
export interface Flow {
  /** What holds of the frames that come here. */
  readonly known: Knowledge;
  /** Where some of them go because they are too short for a field, or divide by zero. */
  leave(): string;
  /** All of them go there. */
  leaveAll(): void;
  label(): string;
}

const MAX_LENGTH = 0x7fff_ffff;
/** The first intermediate result on the stack; FrameOctets has the octets above. */
const RESULTS = -24;
const IHL = { mask: 0x0f, shift: 2 } as const;
const ALU = {
  '+': 'add',
  '-': 'sub',
  '*': 'mul',
  '/': 'div',
  '%': 'mod',
  '&': 'and',
  '|': 'or',
  '^': 'xor',
  '<<': 'lsh',
  '>>': 'rsh',
} as const satisfies Record<Operator, Alu>;

/**
 * Registers: r6 context, r9 length of the frame, r7 an ethertype, r8 the length of an IPv4 header, r0 the field read last.
 * Methods return the register with what they were asked for, or undefined where no frame is long enough for it.
 */
export class Operands {
  readonly #assembler: Assembler;

  constructor(
    readonly frame: FrameOctets,
    readonly flow: Flow,
  ) {
    this.#assembler = frame.assembler;
  }

  /** In r0, or in r7 an ethertype. */
  field(field: Field): Register | undefined {
    const { known } = this.flow;
    const key = fieldKey(field);
    if (known.type === key) return r7;
    if (known.field === key) return r0;
    if (!(field.after === undefined ? this.#load(field) : this.#loadBehind(field, field.after)))
      return undefined;
    known.field = key;
    if (!field.isType) return r0;
    this.#assembler.mov(r7, r0);
    known.type = key;
    return r7;
  }

  /** In r0; `depth` intermediate results are on the stack. */
  value(value: Value, depth = 0): Register | undefined {
    const { first, rest } = leftSpine(value);
    if (!this.#leaf(first, depth)) return undefined;
    for (const { operator, right } of rest) {
      if (right.kind === 'number') this.#assembler.alu32(ALU[operator], r0, right.value);
      else if (!this.right(right, depth)) return undefined;
      else this.#operate(operator);
      this.flow.known.field = undefined;
    }
    return r0;
  }

  /** In r1; r0 is kept. */
  right(value: Value, depth = 0): Register | undefined {
    const a = this.#assembler;
    const at = RESULTS - depth * 8;
    a.store('dw', r10, at, r0);
    if (!this.value(value, depth + 1)) return undefined;
    a.alu32('mov', r1, r0).load('dw', r0, r10, at);
    this.flow.known.field = undefined;
    return r1;
  }

  #leaf(value: Value, depth: number): Register | undefined {
    const a = this.#assembler;
    switch (value.kind) {
      case 'number':
        a.alu32('mov', r0, value.value);
        break;
      case 'length':
        a.alu32('mov', r0, r9);
        break;
      case 'field': {
        const register = this.field(value.field);
        if (register !== r7) return register;
        a.alu32('mov', r0, r7);
        break;
      }
      case 'indexed':
        if (!this.#indexed(value.field, value.index, depth)) return undefined;
        break;
      case 'binary':
        return this.value(value, depth);
    }
    this.flow.known.field = undefined;
    return r0;
  }

  /** r0 = r0 operator r1, as bpf_filter() of libpcap has it. */
  #operate(operator: Operator): void {
    const a = this.#assembler;
    if (operator === '/' || operator === '%') a.jump32('==', r1, 0, this.flow.leave());
    if (operator === '<<' || operator === '>>') {
      const label = this.flow.label();
      a.jump32('<', r1, 32, label).mov(r0, 0).mov(r1, 0).label(label);
    }
    a.alu32(ALU[operator], r0, r1);
  }

  #load({ offset, size }: Field): boolean {
    if (!this.#need(offset + size)) return false;
    this.frame.load(offset, size);
    return true;
  }

  #loadBehind({ offset, size }: Field, header: number): boolean {
    if (!this.#header(header)) return false;
    const { known } = this.flow;
    const end = offset + size;
    if (known.behind < end) {
      this.#assembler
        .mov(r1, r8)
        .alu('add', r1, header + end)
        .jump('>', r1, r9, this.flow.leave());
      known.behind = end;
    }
    this.frame.loadAt(r8, header + offset, size);
    return true;
  }

  #indexed(field: Field, index: Value, depth: number): Register | undefined {
    const a = this.#assembler;
    const { after: header } = field;
    if (header !== undefined && !this.#header(header)) return undefined;
    if (!this.value(index, depth)) return undefined;
    // In 32 bits: what lies before the end of the IPv4 header has a negative index.
    if (header !== undefined) a.alu32('add', r0, r8);
    const offset = (header ?? 0) + field.offset;
    a.mov(r1, r0)
      .mov(r2, r0)
      .alu('add', r2, offset + field.size)
      .jump('>', r2, r9, this.flow.leave());
    this.frame.loadAt(r1, offset, field.size);
    return r0;
  }

  /** r8 = length of the IPv4 header that starts at `at`. */
  #header(at: number): boolean {
    const { known } = this.flow;
    if (known.header === at) return true;
    const register = this.field({ offset: at, size: 1 });
    if (register === undefined) return false;
    this.#assembler.mov(r8, register).alu('and', r8, IHL.mask).alu('lsh', r8, IHL.shift);
    known.header = at;
    known.behind = 0;
    return true;
  }

  /** Frames shorter than `length` leave. */
  #need(length: number): boolean {
    const { known } = this.flow;
    if (length <= known.length) return true;
    if (length > MAX_LENGTH) {
      this.flow.leaveAll();
      return false;
    }
    this.#assembler.jump('<', r9, length, this.flow.leave());
    known.length = length;
    return true;
  }
}
