// From conditions to branches. Code runs downwards only, so that what is known of a frame at a label is what all the jumps
// to it knew: a field that was read, a length that was checked, a test that was answered is not asked for again.
import { type Assembler, type Register, r0, r1, r2, r7, r8, r9, r10 } from '../../bpf/asm.js';
import type { Alu, Jump, SourceLine } from '../../bpf/instruction.js';
import type { Compare, Condition, Field, Operator, Value } from './condition.js';
import type { Span } from './error.js';
import { FrameOctets } from './frame-octets.js';
import { covers, fieldKey, holds, Knowledge } from './knowledge.js';
import { leftSpine } from './value.js';

type Test = Extract<Condition, { kind: 'test' }>;
type Relation = Extract<Condition, { kind: 'relation' }>;
type Chain = Extract<Condition, { kind: 'chain' }>;

/** Where to go: the label that comes right after needs no jump. */
export interface Ways {
  readonly yes: string;
  readonly no: string;
  readonly next: string;
}

const OPPOSITE = { '==': '!=', '>': '<=', '>=': '<' } as const satisfies Record<Compare, Jump>;
/** The tags that the kernel and its drivers take out: eth_type_vlan(), <linux/if_vlan.h>. */
const TPIDS_BESIDE = [0x8100, 0x88a8];
const MAX_LENGTH = 0x7fff_ffff;
/** The first intermediate result on the stack; FrameOctets has the octets above. */
const SLOTS = -24;
const IHL = { mask: 0x0f, shift: 2 } as const;

/** Registers: r6 context, r9 length of the frame, r7 an ethertype, r8 the length of an IPv4 header, r0 the field read last. */
export class Branches {
  readonly #frame: FrameOctets;
  /** Undefined where no frame comes to. */
  #known: Knowledge | undefined = new Knowledge();
  readonly #pending = new Map<string, Knowledge>();
  #labels = 0;
  /** Where a frame goes that is too short: out of the expression, without a match, whatever is around (bpf(4)). */
  #tooShort = '';
  /** A jump that is not needed if its label comes next. */
  #deferred: string | undefined;
  #sourceOf: (span: Span) => SourceLine = ({ at }) => ({ file: '', line: 1, column: at + 1, text: '' });

  constructor(
    readonly assembler: Assembler,
    readonly prefix: string,
    isTagBeside: boolean,
  ) {
    this.#frame = new FrameOctets(assembler, isTagBeside, () => this.#label());
    this.#known!.length = this.#frame.network;
    if (isTagBeside) this.#known!.expect({ offset: 12, size: 2 }, TPIDS_BESIDE);
  }

  /** From here, frames that the condition holds for go to `yes`, the others to `no`. */
  match(condition: Condition, sourceOf: (span: Span) => SourceLine, ways: Ways): void {
    this.#sourceOf = sourceOf;
    this.#tooShort = ways.no;
    this.#branch(condition, ways);
  }

  /** Puts the label here; what comes down to it from above goes on. */
  place(label: string): void {
    const jumped = this.#pending.get(label);
    if (jumped === undefined) return;
    if (this.#deferred !== label) this.end();
    this.#deferred = undefined;
    this.#pending.delete(label);
    this.assembler.label(label);
    if (this.#known === undefined) this.#known = jumped;
    else this.#known.meet(jumped);
  }

  /** What follows is none of ours. */
  end(): void {
    if (this.#deferred !== undefined) this.assembler.goto(this.#deferred);
    this.#deferred = undefined;
  }

  /** Does any frame come to this place, which is still to be put? */
  reaches(label: string): boolean {
    return this.#pending.has(label);
  }

  #label(): string {
    return `${this.prefix}${this.#labels++}`;
  }

  #branch(condition: Condition, ways: Ways): void {
    if (this.#known === undefined) return;
    switch (condition.kind) {
      case 'said': {
        const { at, end } = condition.span;
        const source = this.#sourceOf(condition.span);
        this.assembler.line(source.text.slice(at, end), source);
        this.#branch(condition.of, ways);
        break;
      }
      case 'not':
        this.#branch(condition.of, { yes: ways.no, no: ways.yes, next: ways.next });
        break;
      case 'chain':
        this.#chain(condition, ways);
        break;
      case 'test':
        this.#test(condition, ways);
        break;
      case 'relation':
        this.#relation(condition, ways);
        break;
    }
  }

  /** Each condition goes on to the next one that can still change the answer. */
  #chain({ first, rest }: Chain, { yes, no, next }: Ways): void {
    const labels = rest.map(() => this.#label());
    const after = { and: Array<string>(rest.length + 1), or: Array<string>(rest.length + 1) };
    after.and[rest.length] = yes;
    after.or[rest.length] = no;
    for (let i = rest.length - 1; i >= 0; i--)
      for (const join of ['and', 'or'] as const)
        after[join][i] = rest[i]!.join === join ? labels[i]! : after[join][i + 1]!;
    this.#branch(first, { yes: after.and[0]!, no: after.or[0]!, next: labels[0] ?? next });
    rest.forEach(({ condition }, i) => {
      this.place(labels[i]!);
      this.#branch(condition, { yes: after.and[i + 1]!, no: after.or[i + 1]!, next: labels[i + 1] ?? next });
    });
  }

  #test(test: Test, ways: Ways): void {
    const answer = this.#known!.decide(test);
    if (answer !== undefined) {
      this.#go(answer ? ways.yes : ways.no, ways.next);
      return;
    }
    const register = this.#load(test.field);
    if (register === undefined) return;
    if (covers(test)) this.#jump(test.compare, register, test.value, ways, test);
    else if (test.compare === '==' && test.value === 0) this.#jumpIfAny(test, register, ways);
    else {
      this.assembler.alu32('mov', r1, register).alu32('and', r1, test.mask);
      this.#jump(test.compare, r1, test.value, ways, test);
    }
  }

  #relation({ compare, left, right }: Relation, ways: Ways): void {
    if (left.kind === 'number' && right.kind === 'number') {
      this.#go(holds(compare, left.value, right.value) ? ways.yes : ways.no, ways.next);
    } else if (left.kind === 'length' && right.kind === 'number') {
      this.#jump(compare, r9, right.value, ways);
    } else if (this.#compute(left, 0)) {
      const against = right.kind === 'number' ? right.value : this.#computeRight(right, 0);
      if (against !== undefined) this.#jump(compare, r0, against, ways);
    }
  }

  /** r0 = value; undefined where no frame is long enough. */
  #compute(value: Value, slot: number): Register | undefined {
    const { first, rest } = leftSpine(value);
    if (!this.#computeFirst(first, slot)) return undefined;
    for (const { operator, right } of rest) {
      if (right.kind === 'number') this.assembler.alu32(ALU[operator], r0, right.value);
      else if (!this.#computeRight(right, slot)) return undefined;
      else this.#operate(operator);
      this.#known!.field = undefined;
    }
    return r0;
  }

  #computeFirst(value: Value, slot: number): Register | undefined {
    const a = this.assembler;
    switch (value.kind) {
      case 'number':
        a.alu32('mov', r0, value.value);
        break;
      case 'length':
        a.alu32('mov', r0, r9);
        break;
      case 'field': {
        const register = this.#load(value.field);
        if (register === r7) a.alu32('mov', r0, r7);
        if (register === r0) return r0;
        if (register === undefined) return undefined;
        break;
      }
      case 'indexed':
        return this.#loadIndexed(value.field, value.index, slot);
      case 'binary':
        return this.#compute(value, slot);
    }
    this.#known!.field = undefined;
    return r0;
  }

  /** r1 = value; r0 is kept. */
  #computeRight(value: Value, slot: number): Register | undefined {
    const a = this.assembler;
    const at = SLOTS - slot * 8;
    a.store('dw', r10, at, r0);
    this.#known!.field = undefined;
    if (!this.#compute(value, slot + 1)) return undefined;
    a.alu32('mov', r1, r0).load('dw', r0, r10, at);
    this.#known!.field = undefined;
    return r1;
  }

  /** r0 = r0 operator r1, as bpf_filter() of libpcap has it. */
  #operate(operator: Operator): void {
    const a = this.assembler;
    if (operator === '/' || operator === '%') {
      a.jump32('==', r1, 0, this.#tooShort);
      this.#reach(this.#tooShort);
    }
    if (operator === '<<' || operator === '>>') {
      const label = this.#label();
      a.jump32('<', r1, 32, label).mov(r0, 0).mov(r1, 0).label(label);
    }
    a.alu32(ALU[operator], r0, r1);
  }

  /** The register that holds the field; undefined where no frame is long enough. */
  #load(field: Field): Register | undefined {
    const known = this.#known!;
    const key = fieldKey(field);
    if (known.type === key) return r7;
    if (known.field === key) return r0;
    if (field.after === undefined) {
      if (!this.#need(field.offset + field.size)) return undefined;
      this.#frame.load(field.offset, field.size);
    } else {
      if (!this.#header(field.after)) return undefined;
      const end = field.offset + field.size;
      if (known.behind < end) {
        this.assembler
          .mov(r1, r8)
          .alu('add', r1, field.after + end)
          .jump('>', r1, r9, this.#tooShort);
        this.#reach(this.#tooShort);
        known.behind = end;
      }
      this.#frame.loadAt(r8, field.after + field.offset, field.size);
    }
    known.field = key;
    if (!field.isType) return r0;
    this.assembler.mov(r7, r0);
    known.type = key;
    return r7;
  }

  #loadIndexed(field: Field, index: Value, slot: number): Register | undefined {
    const a = this.assembler;
    if (field.after !== undefined && !this.#header(field.after)) return undefined;
    if (!this.#compute(index, slot)) return undefined;
    // 32 bits: what is before the end of the IPv4 header has a negative index.
    if (field.after !== undefined) a.alu32('add', r0, r8);
    const offset = (field.after ?? 0) + field.offset;
    a.mov(r1, r0)
      .mov(r2, r0)
      .alu('add', r2, offset + field.size)
      .jump('>', r2, r9, this.#tooShort);
    this.#reach(this.#tooShort);
    this.#frame.loadAt(r1, offset, field.size);
    this.#known!.field = undefined;
    return r0;
  }

  /** r8 = length of the IPv4 header that starts at `at`. */
  #header(at: number): boolean {
    const known = this.#known!;
    if (known.header === at) return true;
    const octet: Field = { offset: at, size: 1 };
    const register = this.#load(octet);
    if (register === undefined) return false;
    this.assembler.mov(r8, register).alu('and', r8, IHL.mask).alu('lsh', r8, IHL.shift);
    known.header = at;
    known.behind = 0;
    return true;
  }

  /** Sends frames shorter than `length` away; false where that is all of them. */
  #need(length: number): boolean {
    const known = this.#known!;
    if (length <= known.length) return true;
    if (length > MAX_LENGTH) {
      this.#go(this.#tooShort, '');
      return false;
    }
    this.assembler.jump('<', r9, length, this.#tooShort);
    this.#reach(this.#tooShort);
    known.length = length;
    return true;
  }

  #jump(compare: Compare, left: Register, right: Register | number, ways: Ways, test?: Test): void {
    const { yes, no, next } = ways;
    if (next === yes) {
      this.assembler.jump32(OPPOSITE[compare], left, right, no);
      this.#reach(no, test, false);
      if (test) this.#known!.learn(test, true);
    } else {
      this.assembler.jump32(compare, left, right, yes);
      this.#reach(yes, test, true);
      if (test) this.#known!.learn(test, false);
      this.#go(no, next);
    }
  }

  /** Where any bit of the mask is set, the test for zero has failed. */
  #jumpIfAny(test: Test, register: Register, { yes, no, next }: Ways): void {
    this.assembler.jump32('&', register, test.mask, no);
    this.#reach(no, test, false);
    this.#known!.learn(test, true);
    this.#go(yes, next);
  }

  /** All frames that come here go to `label`. */
  #go(label: string, next: string): void {
    if (label === next) return;
    this.#reach(label);
    this.#known = undefined;
    this.#deferred = label;
  }

  /** Some frames go to `label` from here: those for which the test has this answer. */
  #reach(label: string, test?: Test, answer = true): void {
    const known = this.#known!.copy();
    if (test) known.learn(test, answer);
    const other = this.#pending.get(label);
    if (other === undefined) this.#pending.set(label, known);
    else other.meet(known);
  }
}

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
