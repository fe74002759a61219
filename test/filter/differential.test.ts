// Every committed filter, as the kernel runs it untouched and as evlnet translated it: one verdict, frame by frame.
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, test } from '@jest/globals';
import { readObject } from '../../src/bpf/object.js';
import { ProgramType } from '../../src/bpf/program.js';
import { toXdp } from '../../src/filter/to-xdp.js';
import { describeIf } from '../capability.js';
import type { Filter } from './assembled.js';
import { Oracle, Translated } from './kernel-oracle.js';
import { mutatedFrames } from './mutate.js';

const FRAMES = [...mutatedFrames(3, 12_000)];

const filters: [name: string, filter: Filter][] = [
  'examples/filters',
  'test/bpf/objects',
  'test/filter/objects',
]
  .flatMap((folder) => readdirSync(folder).map((file) => `${folder}/${file}`))
  // Some of those that the reader is tested with, it refuses.
  .filter((file) => file.endsWith('.o') && !/kconfig|kfunc|nested/.test(file))
  .flatMap((file) => {
    const object = readObject(readFileSync(file), basename(file));
    return object.programs
      .filter((program) => program.type === ProgramType.SocketFilter)
      .map((program): [string, Filter] => [`${object.name} ${program.name}`, { object, program }]);
  });

describeIf(['root', 'bpf'])('toXdp() judges as the kernel does', () => {
  test.each(filters)('%s', (_name, filter) => {
    const oracle = new Oracle(filter);
    const translations = [
      new Translated(filter, toXdp(filter.object, filter.program, { verdictOnly: true })),
    ];
    try {
      for (const frame of FRAMES) {
        const verdict = oracle.judge(frame);
        if (verdict === undefined) continue;
        for (const translated of translations) {
          const answer = translated.judge(frame);
          if (answer !== verdict)
            throw new Error(`${answer} instead of ${verdict}: ${Buffer.from(frame).toString('hex')}`);
        }
      }
      expect(FRAMES.length - oracle.refused).toBeGreaterThan(10_000);
      process.stderr.write(`${_name} ${JSON.stringify([...oracle.verdicts])} ${oracle.refused}\n`);
    } finally {
      for (const t of translations) t.close();
      oracle.close();
    }
  });
});
