import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { describeIf } from '../capability.js';

describeIf([{ command: 'gcc' }, { command: 'make' }])('the C responder of the bench', () => {
  test('builds without a warning and answers as evlnet must', () => {
    const make = (target: string) =>
      execFileSync(
        'make',
        [
          '-s',
          '-C',
          'test/bench',
          target,
          'CFLAGS=-O2 -Werror -Wall -Wextra -std=gnu11 -pthread',
          'OUT=../../build/bench-check',
        ],
        { encoding: 'utf8' },
      );
    make('all');
    expect(make('check')).toMatch(/^\d{4,} checks, 0 failed$/m);
  }, 60_000);
});
