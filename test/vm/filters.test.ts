import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { describeIf } from '../capability.js';
import { mutatedFrames } from '../filter/mutate.js';
import { madeForTranslation } from '../filter/object-files.js';
import { hasNewest, vmAvailable, vmRun } from './vm.js';

const script = join(import.meta.dirname, 'filters.mjs');
const TIMEOUT_S = 250;
const FRAMES = 40;

describeIf(['build'])('filters, translated and loaded into', () => {
  for (const kernel of ['6.1', '6.12', ...(hasNewest ? (['newest'] as const) : [])] as const) {
    const reason = vmAvailable(kernel);
    if (reason !== true) process.stderr.write(`SKIP: ${reason}\n`);
    (reason === true ? test : test.skip)(
      `Linux ${kernel}`,
      async () => {
        const folder = mkdtempSync(join(tmpdir(), 'evlnet-vm-'));
        try {
          const frames = join(folder, 'frames');
          // lo, which such frames are of, has no broadcast address.
          const lines = [...mutatedFrames(7, FRAMES)]
            .map((frame) => Buffer.from(frame).toString('hex'))
            .filter((line) => !line.startsWith('ffffffffffff'));
          writeFileSync(frames, lines.join('\n'));
          const command = [process.execPath, script, frames, ...madeForTranslation];
          const { status, stdout, stderr } = await vmRun({ kernel, timeoutS: TIMEOUT_S }, command);
          expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
          const programs = stdout
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line));
          expect(programs.filter((p) => p.refusal || p.wrong.length > 0)).toEqual([]);
          expect(programs.length).toBeGreaterThan(12);
        } finally {
          rmSync(folder, { recursive: true, force: true });
        }
      },
      TIMEOUT_S * 2100,
    );
  }
});
