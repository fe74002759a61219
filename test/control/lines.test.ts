import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Lines } from '../../src/control/lines.js';

const read = (chunks: Buffer[], limit?: number) => {
  const lines = new Lines(limit);
  const taken: string[] = [];
  const fine = chunks.map((chunk) => lines.push(chunk, (line) => taken.push(line)));
  return { taken, fine };
};

describe('Lines', () => {
  test('gives the same lines however the stream is cut', () => {
    const line = fc.string({ unit: 'grapheme' }).filter((text) => text.trim() !== '' && !text.includes('\n'));
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat(20), { minLength: 1 }), (lines, cuts) => {
        const stream = Buffer.from(lines.map((text) => `${text}\n`).join(''));
        const chunks: Buffer[] = [];
        for (let at = 0, i = 0; at < stream.length; i++) {
          const length = cuts[i % cuts.length]! + 1;
          chunks.push(stream.subarray(at, at + length));
          at += length;
        }
        expect(read(chunks).taken).toEqual(lines);
      }),
    );
  });

  test('keeps what is not a whole line yet', () => {
    expect(read([Buffer.from('{"a"')]).taken).toEqual([]);
  });

  test('passes over empty lines', () => {
    expect(read([Buffer.from('\n  \na\n\n')]).taken).toEqual(['a']);
  });

  test.each([
    ['in one chunk', ['abcd\n', 'abcde\nx\n', 'y\n'], [true, false, false]],
    ['over several', ['ab', 'cd\nab', 'cde', '\nx\n'], [true, true, false, false]],
  ])('takes a line of the limit and stops at a longer one: %s', (_, texts, fine) => {
    const result = read(
      texts.map((text) => Buffer.from(text)),
      4,
    );
    expect(result).toEqual({ taken: ['abcd'], fine });
  });
});
