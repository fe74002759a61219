// struct __sk_buff as a socket filter may use it: sk_filter_is_valid_access() and bpf_skb_is_valid_access(), net/core/filter.c.
import { CB_END, CONTEXT_LENGTH, Field } from '../context.js';
import type { ContextShape } from './unit.js';

const WORD = 4;
const READABLE: ReadonlySet<number> = new Set([
  ...Object.values(Field),
  ...Array.from({ length: (CB_END - Field.cb) / WORD }, (_, n) => Field.cb + n * WORD),
]);
const isScratch = (offset: number, length: number) => offset >= Field.cb && offset + length <= CB_END;

export const SK_BUFF: ContextShape = {
  length: CONTEXT_LENGTH,
  refuses(offset, length, isWrite) {
    if (isScratch(offset, length)) return undefined;
    if (isWrite) return 'only cb[] of the context may be written';
    const isField = READABLE.has(offset - (((offset % WORD) + WORD) % WORD));
    const isWithin = length <= WORD && offset % length === 0;
    return isField && isWithin
      ? undefined
      : `octet ${offset} of the context is nothing that a socket filter may read`;
  },
};
