// The verifier's refusals in the lines of their author: test/bpf/objects/refused.c has a program for each.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Assembler, r0, r1 } from '../../src/bpf/asm.js';
import { readObject } from '../../src/bpf/object.js';
import { ProgramType } from '../../src/bpf/program.js';
import { EvlnetError } from '../../src/errors.js';
import { explain } from '../../src/filter/explain.js';
import { verifyUntouched } from '../../src/filter/untouched.js';
import { readLog } from '../../src/filter/verifier-log.js';
import { loadProgram } from '../../src/linux/bpf.js';
import { describeIf } from '../capability.js';

const folder = new URL('../bpf/objects/', import.meta.url);
const object = readObject(readFileSync(new URL('refused.o', folder)), 'refused.o');
const author = readFileSync(new URL('refused.c', folder), 'utf8').split('\n');

function refusal(name: string): EvlnetError {
  try {
    verifyUntouched(object, object.programs.find((p) => p.name === name)!);
  } catch (error) {
    expect(error).toBeInstanceOf(EvlnetError);
    return error as EvlnetError;
  }
  throw new Error(`the kernel takes "${name}"`);
}

describeIf(['root', 'bpf'])('the refusal of a filter', () => {
  test.each<[program: string, reason: string, line: string, hint: string]>([
    [
      'null',
      "R0 invalid mem access 'map_value_or_null'",
      '*count += 1;',
      'may return NULL: test the pointer',
    ],
    ['number', "R1 invalid mem access 'scalar'", 'return *(__u8 *)(long)skb->mark;', 'bpf_skb_load_bytes()'],
    ['data', 'invalid bpf_context access off=80', 'return skb->data_end', 'has no skb->data'],
    ['write', 'invalid bpf_context access off=8', 'skb->mark = 5;', 'must not write this field'],
    ['many', 'too complex', 'if ((sum += octet) == skb->hash)', 'constant number of rounds'],
    ['endless', 'infinite loop detected', 'while (length)', 'constant number of rounds'],
    ['forbidden', 'cannot use helper', 'bpf_skb_store_bytes(skb,', 'must not call bpf_skb_store_bytes()'],
    ['length', 'R4 invalid zero-sized read', 'skb->len) < 0', 'the length for bpf_skb_load_bytes()'],
    ['slot', 'R2 unbounded memory access', 'return table[skb->len];', 'compare the number with its limits'],
    ['value', 'invalid access to map value', '((__u8 *)count)[8]', 'leaves the value of the map'],
    ['leak', 'Unreleased reference', 'return ACCEPT;', 'bpf_ringbuf_discard()'],
    ['argument', 'R1 type=ctx expected=fp', 'return first((void *)skb);', 'handed the context (skb)'],
    ['print', 'GPL-restricted', 'bpf_trace_printk(format', 'SEC("license") = "GPL"'],
  ])('%s', (name, reason, line, hint) => {
    const { code, message, hint: told } = refusal(name);
    expect(code).toBe('EVL_FILTER');
    const [head, where, , quoted] = message.split('\n');
    expect(head).toContain(`Cannot load filter "${name}" of "refused.o": `);
    expect(head).toContain(reason);
    const [, number] = /^ *--> refused\.c:(\d+)(:\d+)?$/.exec(where!)!;
    expect(quoted).toBe(`${number} | ${author[Number(number) - 1]!.trim()}`);
    expect(quoted).toContain(line);
    expect(message).toMatch(new RegExp(`= instruction \\d+ of ${name}: .`));
    expect(told).toContain(hint);
  });

  test('that is of no single line has a hint all the same', () => {
    const { message, hint } = refusal('stack');
    expect(message).toMatch(/: combined stack size of 2 calls is \d+\. Too large$/);
    expect(hint).toContain('512 octets of stack');
  });

  test('stands whole:', () => {
    expect(refusal('null').message).toBe(
      `Cannot load filter "null" of "refused.o": R0 invalid mem access 'map_value_or_null'
  --> refused.c:41:9
   |
41 | *count += 1;
   |        ^
   = instruction 7 of null: r1 = *(u64 *)(r0 +0)`,
    );
  });

  test('of what evlnet put in front of it names our words for the instruction', () => {
    const program = new Assembler('evlnet_bad', ProgramType.Xdp)
      .line('read the frame')
      .load('w', r1, r1, 0)
      .load('b', r0, r1, 0)
      .exit()
      .program();
    let error: unknown;
    try {
      loadProgram(program);
    } catch (e) {
      error = explain(e, program, 'run filter "x" at XDP');
    }
    expect((error as EvlnetError).message).toMatch(
      /^Cannot run filter "x" at XDP: .*\n = instruction 1 of evlnet_bad: r0 = \*\(u8 \*\)\(r1 \+0\) \(read the frame\)$/,
    );
  });
});

describe('readLog()', () => {
  test.each<[what: string, log: string, reason: string | undefined, slot: number | undefined]>([
    [
      'takes the last instruction and what follows it',
      '0: R1=ctx(off=0,imm=0) R10=fp0\n; x @ a.c:1\n0: (61) r1 = *(u32 *)(r1 +80)\ninvalid bpf_context access off=80 size=4\nprocessed 1 insns (limit 1000000)',
      'invalid bpf_context access off=80 size=4',
      0,
    ],
    [
      'takes two lines where they belong together',
      '5: (71) r0 = *(u8 *)(r2 +0)\ninvalid access to map value, value_size=8 off=8 size=1\nR2 min value is outside of the allowed memory range\nprocessed 9 insns',
      'invalid access to map value, value_size=8 off=8 size=1; R2 min value is outside of the allowed memory range',
      5,
    ],
    [
      'believes the reason about the instruction',
      '2: (61) r1 = *(u32 *)(r10 -4)\ninfinite loop detected at insn 3\ncur state: R1=scalar()\nold state: R1=scalar()\nprocessed 12 insns',
      'infinite loop detected at insn 3',
      3,
    ],
    [
      'finds the reason behind a conditional jump',
      '4: (61) r2 = *(u32 *)(r10 -4)\n8: (5d) if r2 != r1 goto pc-5 infinite loop detected at insn 4\ncur state: R1=1\nold state: R1=1\nprocessed 18 insns',
      'infinite loop detected at insn 4',
      4,
    ],
    [
      'finds the reason of a program that was never walked',
      'unreachable insn 7\nprocessed 0 insns (limit 1000000)',
      'unreachable insn 7',
      7,
    ],
    ['knows nothing of an empty log', '\n', undefined, undefined],
  ])('%s', (_what, log, reason, slot) => {
    const found = readLog(log);
    expect(found?.reason).toBe(reason);
    expect(found?.slot).toBe(slot);
  });
});

test('other errors are not touched', () => {
  const error = new EvlnetError('EVL_PERMISSION', 'no');
  expect(explain(error, object.programs[0]!)).toBe(error);
  const silent = new EvlnetError('EVL_VERIFIER', 'no', { cause: '' });
  expect(explain(silent, object.programs[0]!)).toBe(silent);
});
