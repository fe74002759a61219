import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { describeIf } from '../capability.js';

const run = promisify(execFile);
/** Compilation where it is called for, not beside it; a young generation that takes all that is allocated. */
const ENGINE = ['--single-threaded', '--min-semi-space-size=64', '--max-semi-space-size=64'];

describeIf(['build'])('the out-of-band side', () => {
  // A number that is boxed takes 16 octets. It was 24, 57 and 62 octets a frame before they were kept from being it.
  test.each([
    ['echo', 16],
    ['udp-service', 16],
    ['closed-port', 16],
    ['fragments', 16],
    ['udp-socket', 32],
    ['mix', 32],
  ])('allocates next to nothing a frame: %s', async (kind, most) => {
    const argv = [...ENGINE, 'test/worker/allocations.mjs', resolve('dist'), kind];
    const { stdout } = await run(process.execPath, argv, { env: { ...process.env, NODE_OPTIONS: '' } });
    expect(Number(stdout)).toBeLessThan(most);
    expect(Number(stdout)).toBeGreaterThanOrEqual(0);
  });
});
