// From conditions to branches. Code runs downwards only, so that what is known of a frame at a label is what all the jumps to it
// knew: a field that was read, a length that was checked, a test that was answered is not asked for again, and a jump goes past
// the conditions whose answers it knows.
import { type Assembler, type Register, r0, r1, r9 } from '../../bpf/asm.js';
import type { Jump, SourceLine } from '../../bpf/instruction.js';
import type { Compare, Condition } from './condition.js';
import type { Span } from './error.js';
import { FrameOctets } from './frame-octets.js';
import { covers, holds, Knowledge } from './knowledge.js';
import { type Flow, Operands } from './operands.js';

type Test = Extract<Condition, { kind: 'test' }>;
type Relation = Extract<Condition, { kind: 'relation' }>;
type Chain = Extract<Condition, { kind: 'chain' }>;

/** Where to go: the label that comes right after needs no jump. */
export interface Ways {
  readonly yes: string;
  readonly no: string;
  readonly next: string;
}

/** A condition as a place to jump to. */
interface Place {
  readonly condition: Condition;
  readonly ways: Ways;
}

const OPPOSITE = { '==': '!=', '>': '<=', '>=': '<' } as const satisfies Record<Compare, Jump>;
/** The tags that the kernel and its drivers take out: eth_type_vlan(), <linux/if_vlan.h>. */
const TPIDS_BESIDE = [0x8100, 0x88a8];
/** Conditions that one jump goes past; more would make long lists slow to compile. */
const LEAP = 64;

export class Branches {
  readonly #operands: Operands;
  /** Undefined where no frame comes to. */
  #known: Knowledge | undefined = new Knowledge();
  /** Label still to be put → what the jumps to it know. */
  readonly #pending = new Map<string, Knowledge>();
  readonly #places = new Map<string, Place>();
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
    const frame = new FrameOctets(assembler, isTagBeside, () => this.#label());
    this.#operands = new Operands(frame, this.#flow());
    this.#known!.length = frame.network;
    if (isTagBeside) this.#known!.expect({ offset: 12, size: 2 }, TPIDS_BESIDE);
  }

  /** Says what will be asked at a label, so that jumps may go past it. */
  announce(label: string, condition: Condition, ways: Ways): void {
    this.#places.set(label, { condition, ways });
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

  /** Does any frame come to this label, which is still to be put? */
  reaches(label: string): boolean {
    return this.#pending.has(label);
  }

  #flow(): Flow {
    const known = () => this.#known!;
    return {
      get known() {
        return known();
      },
      leave: () => this.#reach(this.#tooShort),
      leaveAll: () => this.#go(this.#tooShort, ''),
      label: () => this.#label(),
    };
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
    const after = { and: yes, or: no };
    for (let i = rest.length - 1; i >= 0; i--) {
      const { join, condition } = rest[i]!;
      this.announce(labels[i]!, condition, { yes: after.and, no: after.or, next: labels[i + 1] ?? next });
      after[join] = labels[i]!;
    }
    this.#branch(first, { yes: after.and, no: after.or, next: labels[0] ?? next });
    for (const label of labels) {
      const { condition, ways } = this.#places.get(label)!;
      this.place(label);
      this.#branch(condition, ways);
    }
  }

  #test(test: Test, ways: Ways): void {
    const answer = this.#known!.decide(test);
    if (answer !== undefined) {
      this.#go(answer ? ways.yes : ways.no, ways.next);
      return;
    }
    const register = this.#operands.field(test.field);
    if (register === undefined) return;
    if (covers(test)) this.#jump(test.compare, register, test.value, ways, test);
    else if (test.compare === '==' && test.value === 0) this.#jumpIfAny(test, register, ways);
    else {
      this.assembler.alu32('mov', r1, register).alu32('and', r1, test.mask);
      this.#jump(test.compare, r1, test.value, ways, test);
    }
  }

  #relation(relation: Relation, ways: Ways): void {
    const { compare, left, right } = relation;
    const answer = constant(relation);
    if (answer !== undefined) this.#go(answer ? ways.yes : ways.no, ways.next);
    else if (left.kind === 'length' && right.kind === 'number') this.#jump(compare, r9, right.value, ways);
    else if (this.#operands.value(left)) {
      const against = right.kind === 'number' ? right.value : this.#operands.right(right);
      if (against !== undefined) this.#jump(compare, r0, against, ways);
    }
  }

  #jump(compare: Compare, left: Register, right: Register | number, ways: Ways, test?: Test): void {
    const { yes, no, next } = ways;
    const isYesNext = next === yes;
    this.assembler.jump32(
      isYesNext ? OPPOSITE[compare] : compare,
      left,
      right,
      this.#reach(isYesNext ? no : yes, test, !isYesNext),
    );
    if (test) this.#known!.learn(test, isYesNext);
    this.#go(isYesNext ? yes : no, next);
  }

  /** Where any bit of the mask is set, the test for zero has failed. */
  #jumpIfAny(test: Test, register: Register, { yes, no, next }: Ways): void {
    this.assembler.jump32('&', register, test.mask, this.#reach(no, test, false));
    this.#known!.learn(test, true);
    this.#go(yes, next);
  }

  /** All frames that come here go to `label`. */
  #go(label: string, next: string): void {
    const to = this.#leap(label, this.#known!);
    if (to === next) return;
    this.#arrive(to, this.#known!);
    this.#known = undefined;
    this.#deferred = to;
  }

  /** Some frames go to `label` from here, those for which the test has this answer; returns the label to jump to. */
  #reach(label: string, test?: Test, answer = true): string {
    const known = this.#known!.copy();
    if (test) known.learn(test, answer);
    const to = this.#leap(label, known);
    this.#arrive(to, known);
    return to;
  }

  #arrive(label: string, known: Knowledge): void {
    const other = this.#pending.get(label);
    if (other === undefined) this.#pending.set(label, known);
    else other.meet(known);
  }

  /** The first place on the way from `label` where anything is left to ask. */
  #leap(label: string, known: Knowledge): string {
    let to = label;
    for (let steps = 0; steps < LEAP; steps++) {
      const place = this.#places.get(to);
      const answer = place && decide(place.condition, known);
      if (place === undefined || answer === undefined) break;
      to = answer ? place.ways.yes : place.ways.no;
    }
    return to;
  }
}

/** The answer to a condition, where all that must be asked for it is known. */
function decide(condition: Condition, known: Knowledge): boolean | undefined {
  switch (condition.kind) {
    case 'said':
      return decide(condition.of, known);
    case 'not': {
      const answer = decide(condition.of, known);
      return answer === undefined ? undefined : !answer;
    }
    case 'test':
      return known.decide(condition);
    case 'relation':
      return constant(condition);
    case 'chain': {
      let answer = decide(condition.first, known);
      for (const { join, condition: next } of condition.rest) {
        if (answer === undefined) return undefined;
        if (answer === (join === 'and')) answer = decide(next, known);
      }
      return answer;
    }
  }
}

const constant = ({ compare, left, right }: Relation): boolean | undefined =>
  left.kind === 'number' && right.kind === 'number' ? holds(compare, left.value, right.value) : undefined;
