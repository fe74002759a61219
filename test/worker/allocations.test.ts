import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from '@jest/globals';
import { describeIf } from '../capability.js';

const run = promisify(execFile);
/** Compilation where it is called for, not beside it; a young generation that takes all that is allocated. */
const ENGINE = ['--single-threaded', '--min-semi-space-size=64', '--max-semi-space-size=64'];

describeIf(['build'])('the out-of-band side', () => {
  // A number that is boxed takes 16 octets. It was 24, 57 and 62 octets a frame before they were kept from being it.
  const KINDS = [
    ['echo', 16],
    ['udp-service', 16],
    ['closed-port', 16],
    ['fragments', 16],
    ['udp-socket', 32],
    ['mix', 32],
  ] as const;
  /** What each allocates, as it says: side by side, as it is octets that count. */
  let said: Map<string, string>;
  beforeAll(async () => {
    const ends = KINDS.map(async ([kind]): Promise<[string, string]> => {
      const argv = [...ENGINE, 'test/worker/allocations.mjs', resolve('dist'), kind];
      const { stdout } = await run(process.execPath, argv, { env: { ...process.env, NODE_OPTIONS: '' } });
      return [kind, stdout];
    });
    said = new Map(await Promise.all(ends));
  }, 60_000);
  test.each(KINDS)('allocates next to nothing a frame: %s', (kind, most) => {
    const stdout = said.get(kind);
    expect(Number(stdout)).toBeLessThan(most);
    expect(Number(stdout)).toBeGreaterThanOrEqual(0);
  });
});
