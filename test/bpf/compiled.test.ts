import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { disassembleProgram } from '../../src/bpf/disassemble.js';
import { readObject } from '../../src/bpf/object.js';
import { clangVersion, describeIf } from '../capability.js';

// The committed objects are what the sources say: whoever changes one must make the other.
const FOLDER = 'test/bpf/objects';
const names = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.c'))
  .map((file) => file.replace(/\.c$/, ''));

/** They need what no loader of filters can give. */
const REFUSED = ['kconfig', 'pointers'];

describeIf([
  { command: 'clang' },
  { command: 'make' },
  { command: 'llvm-strip' },
  { command: 'llvm-objdump' },
])('clang', () => {
  const folder = mkdtempSync(join(tmpdir(), 'evlnet-objects-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('compiles every object, and all but those for refusal can be read', () => {
    execFileSync('make', ['-s', '-C', FOLDER, `OUT=${folder}`], { stdio: 'pipe' });
    for (const name of names) {
      const read = () => readObject(readFileSync(join(folder, `${name}.o`)), name);
      if (REFUSED.includes(name)) expect(read).toThrow('Cannot read');
      else expect(read).not.toThrow();
    }
  });

  // Other versions choose other instructions.
  if (clangVersion().includes('version 14.'))
    test.each(names)('%s: the committed object is the same', (name) => {
      const committed = readFileSync(join(FOLDER, `${name}.o`));
      expect(Buffer.compare(committed, readFileSync(join(folder, `${name}.o`)))).toBe(0);
    });

  test.each(names.filter((name) => !REFUSED.includes(name)))(
    '%s: llvm-objdump sees as many instructions',
    (name) => {
      const file = join(folder, `${name}.o`);
      const text = execFileSync('llvm-objdump', ['-d', '--no-show-raw-insn', file], { encoding: 'utf8' });
      for (const program of readObject(readFileSync(file), name).programs) {
        // A function's own instructions: from its label to the next one that is not of a block.
        const body = text.split(`<${program.name}>:\n`)[1]!.split(/^[0-9a-f]+ <(?!LBB)\w+>:$/m)[0]!;
        const count = body.match(/^\s+\d+:\t/gm)!.length;
        expect(program.functions![1]?.at ?? disassembleProgram(program).length).toBe(count);
      }
    },
  );
});
