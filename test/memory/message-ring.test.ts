import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  Message,
  MessageRing,
  RECORD_HEADER,
  recordLength,
  ringLength,
} from '../../src/memory/message-ring.js';

const CAPACITY = 4096;
const pair = () => {
  const memory = new ArrayBuffer(64 + ringLength(CAPACITY));
  return { memory, near: new MessageRing(memory, 64, CAPACITY), far: new MessageRing(memory, 64, CAPACITY) };
};
const put = (ring: MessageRing, octets: Uint8Array, limit?: number): boolean => {
  const at = ring.claim(octets.length, limit);
  if (at < 0) return false;
  ring.set(at, Message.Payload, octets.length);
  ring.octets.set(octets, ring.payloadAt(at));
  ring.publish();
  return true;
};
const take = (ring: MessageRing): Uint8Array | undefined => {
  const at = ring.next();
  if (at < 0) return undefined;
  const from = ring.payloadAt(at);
  const octets = ring.octets.slice(from, from + ring.payload(at));
  ring.release();
  return octets;
};

describe('MessageRing', () => {
  test('gives datagrams of any length back in order, over any number of turns; what finds no room was never there', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.uint8Array({ maxLength: 1500 }), fc.constant('take' as const)), {
          maxLength: 200,
        }),
        (acts) => {
          const { near, far } = pair();
          const there: Uint8Array[] = [];
          for (const act of acts) {
            if (act === 'take') expect(take(far)).toEqual(there.shift());
            else if (put(near, act)) there.push(act);
            else expect(near.used + 2 * recordLength(act.length)).toBeGreaterThan(CAPACITY);
          }
          for (const octets of there) expect(take(far)).toEqual(octets);
          expect(take(far)).toBeUndefined();
          expect(near.used).toBe(0);
        },
      ),
      { seed: 42, numRuns: 200 },
    );
  });

  test('carries a time of 64 bits to the last of them', () => {
    const { near, far } = pair();
    const ns = 0xfedc_ba98_7654_3211n;
    const at = near.claim(0);
    near.set(at, Message.Payload, 0);
    near.set(at, Message.HardwareLow, Number(ns & 0xffff_ffffn));
    near.set(at, Message.HardwareHigh, Number(ns >> 32n));
    near.publish();
    expect(far.hardwareNs(far.next())).toBe(ns);
  });

  test('goes on where its indexes pass 2^32', () => {
    const { memory } = pair();
    const words = new Int32Array(memory, 64);
    const start = -2 * CAPACITY;
    words[0] = start;
    words[16] = start;
    const near = new MessageRing(memory, 64, CAPACITY);
    const far = new MessageRing(memory, 64, CAPACITY);
    for (let i = 0; i < 200; i++) {
      expect(put(near, Uint8Array.of(i, i + 1))).toBe(true);
      expect(take(far)).toEqual(Uint8Array.of(i, i + 1));
    }
    expect(words[0]! > 0).toBe(true);
  });

  test('takes no more than its limit', () => {
    const { near } = pair();
    const one = recordLength(100);
    expect(put(near, new Uint8Array(100), 2 * one)).toBe(true);
    expect(put(near, new Uint8Array(100), 2 * one)).toBe(true);
    expect(put(near, new Uint8Array(100), 2 * one)).toBe(false);
    expect(put(near, new Uint8Array(100))).toBe(true);
  });

  test('survives whatever the other side writes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(1023), fc.integer()), { maxLength: 40 }), (writes) => {
        const { memory, near, far } = pair();
        const words = new Int32Array(memory, 64);
        for (const [word, value] of writes) {
          words[word] = value;
          put(near, new Uint8Array(10));
          for (let n = 0; n < 100; n++) {
            const at = far.next();
            if (at < 0) break;
            expect(at).toBeGreaterThanOrEqual(128);
            expect(at + RECORD_HEADER + far.payload(at)).toBeLessThanOrEqual(ringLength(CAPACITY));
            far.release();
          }
        }
      }),
      { seed: 42, numRuns: 500 },
    );
  });

  test.each([
    ['only its start is to be skipped, again and again', { 0: 72, 32: -1 }],
    ['more is said to be there than fits', { 0: 1 << 30, 32: 64 }],
    ['less is said to be there than its record has', { 0: 64, 32: 128 }],
    ['less than nothing is said to be there', { 0: -64, 32: 64 }],
  ])('is empty and goes on where %s', (_name, words: Record<number, number>) => {
    const { memory, far } = pair();
    Object.assign(new Int32Array(memory, 64), words);
    expect(take(far)).toBeUndefined();
    expect(far.used).toBe(0);
    const near = new MessageRing(memory, 64, CAPACITY);
    expect(put(near, Uint8Array.of(1))).toBe(true);
  });
});
