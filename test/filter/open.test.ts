import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { ProgramType } from '../../src/bpf/program.js';
import { openFilter } from '../../src/filter/open.js';
import { VERDICTS } from '../../src/filter/verdict.js';

const FILE = 'examples/filters/vlan-udp-port.o';

describe('openFilter', () => {
  test.each(VERDICTS)('all %s is a program that answers so', (verdict) => {
    const { object, program } = openFilter({ all: verdict });
    expect(object.programs).toEqual([program]);
    expect([program.name, program.section, program.type]).toEqual([
      'bpf_netrx',
      'socket',
      ProgramType.SocketFilter,
    ]);
    expect(program.instructions[0]!.imm).toBe(VERDICTS.indexOf(verdict));
  });

  test('an object: the first program of a section "socket", or the one named', () => {
    const octets = readFileSync(FILE);
    const { object, program } = openFilter({ object: `/x/${FILE}` }, octets);
    expect(object.name).toBe('vlan-udp-port.o');
    expect(program).toBe(object.programs[0]);
    expect(openFilter({ object: FILE, program: program.name }, octets).program.name).toBe(program.name);
  });

  test('a program that is not there: the message names those that are', () => {
    expect(() => openFilter({ object: FILE, program: 'main' }, readFileSync(FILE))).toThrow(
      expect.objectContaining({
        code: 'EVL_FILTER',
        message: 'Cannot find program "main" in "vlan-udp-port.o"',
        hint: expect.stringMatching(/^it has bpf_netrx/) as unknown as string,
      }) as unknown as Error,
    );
  });

  test('what is no object is refused with its name', () => {
    expect(() => openFilter({ object: '/tmp/notes.txt' }, new TextEncoder().encode('hello'))).toThrow(
      /^Cannot read "notes.txt": /,
    );
  });
});
