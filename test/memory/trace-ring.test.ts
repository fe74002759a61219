import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { TRACE_FRAME_LENGTH, TRACE_LENGTH, Trace, TraceRing } from '../../src/memory/trace-ring.js';

const RECORDS = 1024;
const ring = () => new TraceRing(new SharedArrayBuffer(TRACE_LENGTH));

function write(r: TraceRing, value: number): boolean {
  const record = r.claim();
  if (record < 0) return false;
  r.set(record, Trace.Sequence, value);
  r.set(record, Trace.FrameLength, 0);
  r.set(record, Trace.ReplyLength, 0);
  r.publish();
  return true;
}
function drain(r: TraceRing): number[] {
  const values: number[] = [];
  const n = r.drain((words) => values.push(words[Trace.Sequence]!));
  expect(n).toBe(values.length);
  return values;
}

test('a record is seen after publish() and not before, once', () => {
  const r = ring();
  const record = r.claim();
  r.set(record, Trace.Source, 0xffff_ffff);
  expect(drain(r)).toEqual([]);
  r.publish();
  const seen: number[] = [];
  r.drain((words) => seen.push(words[Trace.Source]!));
  expect(seen).toEqual([0xffff_ffff]);
  expect(drain(r)).toEqual([]);
});

test('a record that is claimed again without publish() is the same one', () => {
  const r = ring();
  expect(r.claim()).toBe(r.claim());
});

test('a full ring refuses until the reader has been there', () => {
  const r = ring();
  const written = Array.from({ length: RECORDS }, (_, i) => write(r, i));
  expect(written).not.toContain(false);
  expect(write(r, -1)).toBe(false);
  expect(drain(r)).toEqual(Array.from({ length: RECORDS }, (_, i) => i));
  expect(write(r, 7)).toBe(true);
  expect(drain(r)).toEqual([7]);
});

test('a reader makes room as it goes, and leaves what is written meanwhile for the next time', () => {
  const r = ring();
  for (let i = 0; i < RECORDS; i++) write(r, i);
  let seen = 0;
  r.drain(() => {
    seen++;
    // The record under the reader's eyes is not free yet; the one before it is.
    if (write(r, RECORDS + seen) !== seen > 1) expect(`room at ${seen}`).toBe(seen > 1);
    if (seen > RECORDS) throw new Error('a fast writer holds the reader');
  });
  expect(seen).toBe(RECORDS);
  expect(drain(r)).toEqual(Array.from({ length: RECORDS - 1 }, (_, i) => RECORDS + 2 + i));
});

test('whatever the turns of writer and reader, what comes out is what went in, in order', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(700), { maxLength: 30 }), (bursts) => {
      const r = ring();
      const inside: number[] = [];
      let next = 0;
      for (const burst of bursts) {
        for (let i = 0; i < burst; i++, next++) {
          // One expect() for each of 300,000 would take seconds.
          const hasRoom = inside.length < RECORDS;
          if (write(r, next) !== hasRoom) expect(`record ${next} written`).toBe(hasRoom);
          if (hasRoom) inside.push(next);
        }
        if (burst % 2 === 0) expect(drain(r)).toEqual(inside.splice(0));
      }
      expect(drain(r)).toEqual(inside);
    }),
    { numRuns: 30 },
  );
});

test('frames lie side by side, request and reply, cut to what fits', () => {
  const r = ring();
  const octets = Uint8Array.from({ length: 4096 }, (_, i) => i % 251);
  const first = r.claim();
  r.setFrame(first, 'request', octets, 100, 60);
  r.setFrame(first, 'reply', octets, 200, 2000);
  r.publish();
  const second = r.claim();
  r.setFrame(second, 'request', octets, 5, TRACE_FRAME_LENGTH);
  r.setFrame(second, 'reply', octets, 0, 0);
  r.publish();
  const seen: Uint8Array[] = [];
  r.drain((_words, request, reply) => seen.push(request.slice(), reply.slice()));
  expect(seen).toEqual([
    octets.slice(100, 160),
    octets.slice(200, 200 + TRACE_FRAME_LENGTH),
    octets.slice(5, 5 + TRACE_FRAME_LENGTH),
    new Uint8Array(0),
  ]);
});

test('two views of one memory are one ring', () => {
  const memory = new SharedArrayBuffer(TRACE_LENGTH);
  const [writer, reader] = [new TraceRing(memory), new TraceRing(memory)];
  write(writer, 42);
  expect(drain(reader)).toEqual([42]);
});
