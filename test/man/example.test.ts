import { describe, expect, test } from '@jest/globals';
import { pattern, showsErrors, stepsOf } from './example.js';

describe('pattern() of what the manual shows', () => {
  test.each([
    ['the same text', ['eth0.42: vid 42'], 'eth0.42: vid 42\n', true],
    ['another number', ['eth0.42: vid 42'], 'eth0.42: vid 43\n', false],
    ['another address', ['10.10.10.11'], '10.10.10.12\n', false],
    ['other columns', ['rx 3   tx 1'], 'rx 3 tx 1\n', true],
    ['another time', ['min/avg = 14.0/21.9 us'], 'min/avg = 9.1/120.75 us\n', true],
    ['a line too many', ['one'], 'one\ntwo\n', false],
    ['a line too few', ['one', 'two'], 'one\n', false],
    ['... for any text', ['a ... c'], 'a b b c\n', true],
    ['... for any lines', ['a', '...', 'c'], 'a\nb\nb\nc\n', true],
    ['... for no line', ['a', '...', 'c'], 'a\nc\n', true],
    ['signs that mean something to a pattern', ['[0] (a|b)? $'], '[0] (a|b)? $\n', true],
  ] as const)('%s', (_, shown, said, matches) => {
    expect(pattern(shown).test(said)).toBe(matches);
  });
});

test('stepsOf() tells prompts, output and here-documents apart', () => {
  const lines = ['# cat >f <<END', '# a comment', 'END', 'issuer# ping', 'PING', 'Hint: none'];
  const steps = stepsOf({ mark: 'test', lines });
  expect(steps).toEqual([
    { host: '', command: 'cat >f <<END\n# a comment\nEND', shown: [] },
    { host: 'issuer', command: 'ping', shown: ['PING', 'Hint: none'] },
  ]);
  expect(steps.map((step) => showsErrors(step.shown))).toEqual([false, true]);
});
