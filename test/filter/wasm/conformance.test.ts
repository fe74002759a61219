// Programs of the bpf_conformance suite (MIT and Apache-2.0): what RFC 9669 says they return. The suite lies beside the repository.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { decode } from '../../../src/bpf/decode.js';
import { type ProgramSpec, ProgramType } from '../../../src/bpf/program.js';
import { assembleConformance } from '../../bpf/conformance-assembler.js';
import { octets } from '../../build-frame.js';
import { runProgram } from './run-program.js';

const SUITE = '../shared/vectors/bpf_conformance';
/** Programs that do not do what they should, and why. */
const FAILING: Record<string, string> = {
  'callx.data': 'calls through a register are no part of RFC 9669, and no kernel takes them',
};

/** The parts of a file by their title: `-- asm`, `-- result` … */
function parts(file: string): Map<string, string> {
  const found = new Map<string, string>();
  let title: string | undefined;
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const next = /^-- (.*)$/.exec(line)?.[1];
    if (next !== undefined) {
      title = next.trim();
      found.set(title, '');
    } else if (title !== undefined) found.set(title, `${found.get(title)}${line}\n`);
  }
  return found;
}

const first = (text: string | undefined) =>
  text
    ?.split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .find((line) => line !== '');

/** Octets as a program; jumps keep their distance only, which is enough for those that must be refused. */
const raw = (text: string): ProgramSpec => ({
  name: 'raw',
  type: ProgramType.SocketFilter,
  instructions: decode(octets(text)).instructions.map((i) =>
    (i.opcode & 7) === 5 && i.opcode !== 0x85 && i.opcode !== 0x95 ? { ...i, target: 'next' } : i,
  ),
  labels: new Map([['next', 1]]),
  license: 'GPL',
});

function outcome(file: string): bigint {
  const p = parts(file);
  const source = p.get('asm');
  if (source === undefined && !p.has('raw')) throw new Error('no program');
  const program = source === undefined ? raw(p.get('raw')!) : assembleConformance(source);
  return runProgram(program, octets(p.get('mem') ?? ''));
}

const wanted = (file: string) => {
  const text = first(parts(file).get('result'));
  return text === undefined ? undefined : BigInt.asUintN(64, BigInt(text));
};
const files = (folder: string) => readdirSync(`${SUITE}/${folder}`).filter((name) => name.endsWith('.data'));

if (!existsSync(SUITE)) process.stderr.write(`SKIP: ${SUITE} is not there\n`);
else {
  describe('bpf_conformance', () => {
    test.each(files('tests').filter((name) => FAILING[name] === undefined))('%s', (name) => {
      const file = `${SUITE}/tests/${name}`;
      expect(outcome(file)).toBe(wanted(file));
    });

    test.each(Object.entries(FAILING))('%s fails: %s', (name) => {
      expect(() => outcome(`${SUITE}/tests/${name}`)).toThrow('calls through a register');
    });
  });

  describe('bpf_conformance, what must not pass', () => {
    test.each(files('negative'))('%s', (name) => {
      const file = `${SUITE}/negative/${name}`;
      if (name.startsWith('unused-'))
        expect(() => outcome(file)).toThrow(expect.objectContaining({ code: 'EVL_BPF_INVALID' }));
      else {
        let result: bigint | undefined;
        try {
          result = outcome(file);
        } catch {}
        if (wanted(file) !== undefined) expect(result).not.toBe(wanted(file));
      }
    });
  });
}

describe('assembleConformance()', () => {
  test.each<[line: string, error: RegExp]>([
    ['mov32 %r0, 2147483648', /does not fit 32 bits/],
    ['mov32 %r0, 0x100000000', /does not fit 32 bits/],
    ['ldxb %r0, [%r1+0x10000]', /does not fit 16 bits/],
    ['ldxb %r0, %r1', /no place in memory/],
    ['ldxq %r0, %r1', /unknown mnemonic/],
    ['or %r0, %r50', /no register/],
    ['ja nowhere', /not defined/],
    ['lock', /no such atomic operation/],
    ['lddw %r0', /1 operands instead of 2/],
  ])('refuses %s', (line, error) => {
    expect(() => assembleConformance(`${line}\nexit`)).toThrow(error);
  });
});
