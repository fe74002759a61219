// What an expression means is what libpcap says: every expression on every frame, on everything that runs filters.
import { afterAll, expect, test } from '@jest/globals';
import { compileRules } from '../../../src/filter/rules.js';
import { Verdict } from '../../../src/filter/verdict.js';
import { describeIf } from '../../capability.js';
import { untouched, wasm, xdp } from './engines.js';
import { EXPRESSIONS } from './expressions.js';
import { frames } from './frames.js';
import { generate } from './generate.js';
import { type Oracle, oracle } from './libpcap.js';

const FRAMES = frames(1000, 20260);
/** The kernel takes long to start a run of XDP, and to-xdp.test.ts sees to its rightness. */
const XDP_SHARE = 4;
const hex = (frame: Uint8Array) => Buffer.from(frame).toString('hex');

/** `[engine, frame]` where an engine and libpcap differ, and how often they said yes. */
function compare(text: string, expected: Oracle, among: readonly Uint8Array[]) {
  const object = compileRules({ rules: [{ match: text, verdict: 'accept' }], default: 'skip' });
  const different: string[] = [];
  let matches = 0;
  for (const make of [untouched, xdp, wasm]) {
    const engine = make(object);
    try {
      for (const frame of make === xdp ? among.filter((_, i) => i % XDP_SHARE === 0) : among) {
        const verdict = engine.verdict(frame);
        if (verdict === undefined) continue;
        const want = expected.matches(frame);
        if (want) matches++;
        if (verdict !== (want ? Verdict.Accept : Verdict.Skip))
          different.push(`${engine.name}: ${hex(frame)}`);
      }
    } finally {
      engine.close();
    }
  }
  return { different, matches };
}

describeIf(['root', 'bpf'])('libpcap agrees with all engines on', () => {
  let matched = 0;
  test.each(EXPRESSIONS)('%s', (text) => {
    const expected = oracle(text);
    if (typeof expected === 'string') throw new Error(`libpcap refuses it: ${expected}`);
    try {
      const { different, matches } = compare(text, expected, FRAMES);
      if (matches > 0) matched++;
      expect(different.slice(0, 4)).toEqual([]);
    } finally {
      expected.close();
    }
  });

  test('expressions made at random', () => {
    const some = FRAMES.slice(0, 250);
    const different = new Map<string, string>();
    let compared = 0;
    for (const text of generate(250, 20260)) {
      const expected = oracle(text);
      if (typeof expected === 'string') {
        // libpcap takes the offset of a field on the right for the field: it refuses `x / ip[0]`.
        if (/^(division|modulus|shift) by/.test(expected)) continue;
        throw new Error(`libpcap refuses "${text}": ${expected}`);
      }
      compared++;
      const [first] = compare(text, expected, some).different;
      expected.close();
      if (first !== undefined) different.set(text, first);
    }
    expect([...different]).toEqual([]);
    expect(compared).toBeGreaterThan(200);
  });

  // Frames that nothing matches would prove nothing.
  afterAll(() => expect(matched).toBeGreaterThan(EXPRESSIONS.length * 0.9));
});
