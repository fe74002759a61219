import { expect, test } from '@jest/globals';
import { stamp } from '../../src/cli/stamp.js';

const moment = new Date(2026, 10, 23, 21, 31, 5, 42);

test.each([
  [false, ''],
  ['short', '[2026-11-23T21:31:05.042000] '],
  ['long', 'Timestamp: Mon Nov 23 2026 21:31:05 042000 usec\n'],
] as const)('stamp(%p)', (kind, text) => {
  expect(stamp(kind, moment)).toBe(text);
});
