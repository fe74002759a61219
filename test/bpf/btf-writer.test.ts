import { expect, test } from '@jest/globals';
import { lineInfo } from '../../src/bpf/btf-writer.js';

const LINES = [
  [0, 'first'],
  [3, 'zweite – ß'],
  [7, 'first'],
] as const;

/** Header, types and strings by Documentation/bpf/btf.rst. */
function read(btf: Uint8Array) {
  const v = new DataView(btf.buffer);
  const [typeOff, typeLen, strOff, strLen] = [8, 12, 16, 20].map((at) => v.getUint32(at, true)) as [
    number,
    number,
    number,
    number,
  ];
  const headerLength = v.getUint32(4, true);
  const strings = btf.subarray(headerLength + strOff);
  const text = (at: number) => new TextDecoder().decode(strings.subarray(at, strings.indexOf(0, at)));
  const types = Array.from({ length: typeLen / 4 }, (_, i) =>
    v.getUint32(headerLength + typeOff + i * 4, true),
  );
  return { v, headerLength, typeOff, typeLen, strOff, strLen, strings, text, types };
}

test('the header tells where types and strings lie, and nothing lies behind them', () => {
  const { btf } = lineInfo('prog', LINES);
  const { v, headerLength, typeOff, typeLen, strOff, strLen, strings } = read(btf);
  expect([v.getUint16(0, true), v.getUint8(2), v.getUint8(3)]).toEqual([0xeb9f, 1, 0]);
  expect([headerLength, typeOff]).toEqual([24, 0]);
  expect(strOff).toBe(typeLen);
  expect(btf.length).toBe(headerLength + strOff + strLen);
  expect([strings[0], strings.at(-1)]).toEqual([0, 0]);
});

test('the types are int, int (void), and the program as a function', () => {
  const { types, text } = read(lineInfo('prog', LINES).btf);
  const kind = (info: number) => (info >>> 24) & 0x1f;
  const [intName, intInfo, intSize, int, protoName, protoInfo, result, name, info, proto] = types as number[];
  expect([text(intName!), kind(intInfo!), intSize, int]).toEqual(['int', 1, 4, 0x0100_0020]);
  expect([protoName, kind(protoInfo!), protoInfo! & 0xffff, result]).toEqual([0, 13, 0, 1]);
  expect([text(name!), kind(info!), proto]).toEqual(['prog', 12, 2]);
  expect(types).toHaveLength(10);
});

test('a line is slot, file, text and number; equal texts share one string', () => {
  const { btf, lines, functions } = lineInfo('prog', LINES);
  const { text } = read(btf);
  const words = [...new Uint32Array(lines.buffer)];
  const records = LINES.map((_, n) => words.slice(n * 4, n * 4 + 4) as [number, number, number, number]);
  expect(records.map(([slot, file, line, column]) => [slot, text(file), text(line), column >>> 10])).toEqual([
    [0, 'prog.evlnet', 'first', 1],
    [3, 'prog.evlnet', 'zweite – ß', 2],
    [7, 'prog.evlnet', 'first', 3],
  ]);
  expect(records[0]![2]).toBe(records[2]![2]);
  // The one function starts at slot 0 and is type 3.
  expect([...new Uint32Array(functions.buffer)]).toEqual([0, 3]);
});
