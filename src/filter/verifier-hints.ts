// What an author can do about the verifier's most frequent reasons.
import { helperName } from '../bpf/helper-functions.js';
import { CALL, Class, type Instruction } from '../bpf/instruction.js';

type Hint = string | ((match: RegExpExecArray, at: Instruction | undefined) => string);

const LOOP =
  'give the loop a constant number of rounds that is small, for (i = 0; i < 20; i++), or use bpf_loop()';
const RANGE =
  'compare the number with its limits, or mask it (at & 15), on every way to this line: the verifier does not know its range';

const HINTS: readonly (readonly [RegExp, Hint])[] = [
  [
    /invalid mem access '(\w+)_or_null'/,
    ([, kind]) =>
      kind === 'map_value'
        ? 'bpf_map_lookup_elem() may return NULL: test the pointer before using it'
        : 'the pointer may be NULL: test it before using it',
  ],
  [
    /invalid mem access '(scalar|inv)'/,
    'this is a number, no pointer: packets are read with bpf_skb_load_bytes(), other memory through maps',
  ],
  [/invalid bpf_context access off=(\d+)/, ([, off], at) => contextHint(Number(off), at)],
  [/^R0 !read_ok/, 'the function ends without a value on this way: return one of the verdicts'],
  [/R\d+ !read_ok/, 'the variable has no value on one of the ways to this line: initialize it'],
  [
    /invalid (indirect )?read from stack/,
    'a part of the variable has no value, its padding perhaps: initialize all of it, = {}',
  ],
  [
    /combined stack size|invalid (write to|access to|indirect access to|variable-offset \w+ \w+) stack|stack limit/,
    'a function and all that call it have 512 octets of stack together: make buffers smaller, or keep them in a per-CPU array map',
  ],
  [
    /unknown opcode 8d/,
    'clang calls helpers through a register at -O0, which the kernel does not know: compile with -O2',
  ],
  [/unreachable insn/, 'nothing leads to these instructions: compile with -O2'],
  [/back-edge|infinite loop|program is too large|too complex|too many states/i, LOOP],
  [/cannot call GPL-restricted function/, 'declare the license: char _license[] SEC("license") = "GPL";'],
  [
    /cannot use helper (\w+)|unknown func (\w+)|invalid func/,
    ([, known, unknown]) => {
      const name = known ?? unknown;
      return `a socket filter must not call ${name === undefined ? 'this function' : `${name}()`}: evlnet-filter(7) lists those that it may call`;
    },
  ],
  [
    /calling kernel function|kernel function .* not allowed|kfunc/,
    'a socket filter must not call this kernel function',
  ],
  [
    /invalid access to map value/,
    'the access leaves the value of the map: test the index, or make the value larger',
  ],
  [
    /zero-sized read|negative|unbounded memory access|outside of the allowed memory range|unbounded min value/,
    (_, at) => (isCall(at) ? `the length for ${nameOf(at)} ${LENGTH}` : RANGE),
  ],
  [
    /write into map forbidden|only read from|cannot write/,
    'constants (.rodata) cannot be written: leave out const, or copy the value',
  ],
  [
    /Unreleased reference|reference leak/,
    'what was reserved must be given back on every way: bpf_ringbuf_submit(), bpf_ringbuf_discard()',
  ],
  [
    /R\d+ type=(\w+) expected=/,
    (match, at) =>
      `${isCall(at) ? nameOf(at) : 'the call'} is handed ${kindOf(match[1]!)} where it takes something else`,
  ],
  [
    /pointer (arithmetic|comparison|-=)|prohibited|leaks addr/,
    'this needs CAP_PERFMON: give it, or compare and add numbers only',
  ],
  [
    /misaligned/,
    'the pointer is not aligned for an access of that size: read octet by octet, or copy to an aligned variable',
  ],
  [
    /jump out of range|last insn is not an exit/,
    'the function does not end with a return: compile with clang -O2',
  ],
  [/missing btf func_info/, 'compile with -g'],
];

const LENGTH =
  'must be above 0 and no more than the buffer on every way to this line: test it, or take a constant';

/** The way out, if we know one. */
export function hintFor(reason: string, at: Instruction | undefined): string | undefined {
  for (const [pattern, hint] of HINTS) {
    const match = pattern.exec(reason);
    if (match) return typeof hint === 'string' ? hint : hint(match, at);
  }
  return undefined;
}

const isCall = (at: Instruction | undefined): at is Instruction =>
  at?.opcode === (Class.JMP | CALL) && at.src === 0 && helperName(at.imm) !== undefined;
const nameOf = (at: Instruction) => `${helperName(at.imm)}()`;

const kindOf = (kind: string) =>
  ({
    ctx: 'the context (skb)',
    scalar: 'a number',
    inv: 'a number',
    fp: 'a pointer to the stack',
    map_value: 'a pointer to a map value',
    map_value_or_null: 'a pointer that may be NULL',
  })[kind] ?? `a ${kind}`;

/** struct __sk_buff, <linux/bpf.h>; writable for a socket filter are only the five words of `cb`. */
function contextHint(off: number, at: Instruction | undefined): string {
  const isWrite = at !== undefined && ((at.opcode & 7) === Class.ST || (at.opcode & 7) === Class.STX);
  if (off === 76 || off === 80)
    return 'a socket filter has no skb->data and skb->data_end: read with bpf_skb_load_bytes()';
  return isWrite
    ? 'a socket filter must not write this field of struct __sk_buff, only cb[]'
    : 'a socket filter must not read this field of struct __sk_buff: evlnet-filter(7) lists those that it may read';
}
