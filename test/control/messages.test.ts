import { describe, expect, test } from '@jest/globals';
import { decode, encode, fromFailure, toFailure } from '../../src/control/messages.js';
import { EvlnetError, Exit } from '../../src/errors.js';

test('encode makes one line, decode reads it', () => {
  const request = { id: 1, cmd: 'attach', text: 'a\nb' };
  expect(encode(request)).toMatch(/^[^\n]*\n$/);
  expect(decode(encode(request))).toEqual(request);
});

test.each(['', 'x', '{', '[]', 'null', '7', '"x"'])('decode refuses %j', (line) => {
  expect(decode(line)).toBeUndefined();
});

describe('an error on the wire', () => {
  test('comes back as it was', () => {
    const error = new EvlnetError('EVL_NO_PORT', 'Cannot find port', { hint: 'h', exit: Exit.Unsupported });
    expect(fromFailure(JSON.parse(JSON.stringify(toFailure(error))))).toEqual(error);
    expect(fromFailure(toFailure(error))).toMatchObject({ code: 'EVL_NO_PORT', hint: 'h', exit: 3 });
  });

  test('of another class keeps its message', () => {
    expect(toFailure(new TypeError('no'))).toEqual({ code: 'EVL_INTERNAL', message: 'no' });
    expect(toFailure('no')).toEqual({ code: 'EVL_INTERNAL', message: 'no' });
  });

  test.each([[undefined], ['x'], [{ message: 7, code: 8, exit: 99, hint: 1 }]])(
    'may be nonsense: %j',
    (failure) => {
      expect(fromFailure(failure)).toMatchObject({
        code: 'EVL_INTERNAL',
        message: 'the worker gave no reason',
        exit: 2,
        hint: undefined,
      });
    },
  );
});
