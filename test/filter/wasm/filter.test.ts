import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { readObject } from '../../../src/bpf/object.js';
import { WasmFilter } from '../../../src/filter/wasm/filter.js';
import { describeIf } from '../../capability.js';
import { Loaded } from '../kernel-oracle.js';
import { mutatedFrames } from '../mutate.js';

const FRAMES = 10_000;
const FOLDER = 'examples/filters';

const filters = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.o'))
  .map((name) => {
    const object = readObject(readFileSync(`${FOLDER}/${name}`), name);
    return [name, { object, program: object.programs[0]! }] as const;
  });

describeIf(['root', 'bpf'])('WasmFilter judges as the kernel does', () => {
  const frames = [...mutatedFrames(1, FRAMES)];

  test.each(filters)('%s', (_name, filter) => {
    // The device of the kernel's run: lo.
    const context = { ifindex: 1, lladdr: new Uint8Array(6) };
    const wasm = WasmFilter.create(filter.object, filter.program, { context });
    const oracle = new Loaded(filter, filter.program);
    try {
      for (const frame of frames) {
        const verdict = oracle.judgeIfAble(frame);
        if (verdict === undefined) continue;
        const answer = wasm.judge(new DataView(frame.buffer), 0, frame.length);
        if (answer !== verdict)
          throw new Error(`${answer} instead of ${verdict}: ${Buffer.from(frame).toString('hex')}`);
      }
      expect(wasm.fault).toBeUndefined();
    } finally {
      oracle.close();
    }
  });
});
