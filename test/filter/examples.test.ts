import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { clangVersion, describeIf } from '../capability.js';

// The committed objects are what the sources say: whoever changes one must make the other.
const FOLDER = 'examples/filters';
const names = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.c'))
  .map((file) => file.replace(/\.c$/, ''));

const folder = mkdtempSync(join(tmpdir(), 'evlnet-examples-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('every example is committed as source and as object', () => {
  const objects = readdirSync(FOLDER).filter((file) => file.endsWith('.o'));
  expect(objects.map((file) => file.replace(/\.o$/, ''))).toEqual(names);
});

describeIf([{ command: 'clang' }, { command: 'make' }, { command: 'llvm-objdump' }])('clang', () => {
  const disassembly = (file: string) =>
    execFileSync('llvm-objdump', ['-d', '-r', file], { encoding: 'utf8' }).replace(/^.*file format.*$/m, '');

  test('compiles every example without a word', () => {
    cpSync(FOLDER, folder, { recursive: true });
    execFileSync('make', ['-s', '-C', folder, 'clean']);
    expect(execFileSync('sh', ['-c', `make -s -C ${folder} 2>&1`], { encoding: 'utf8' })).toBe('');
  });

  // Other versions choose other instructions.
  if (clangVersion().includes('version 14.'))
    test.each(names)('%s: the committed object has the same instructions', (name) => {
      expect(disassembly(join(FOLDER, `${name}.o`))).toBe(disassembly(join(folder, `${name}.o`)));
    });
});
