import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { mapNewFile } from '../../src/linux/mapped-file.js';
import { unmap } from '../../src/linux/memory.js';
import { describeIf } from '../capability.js';

describeIf(['root', { command: 'mount' }])('a file system that is full', () => {
  test('has no room for a file that is mapped: ENOSPC, instead of SIGBUS later', () => {
    const folder = mkdtempSync(join(tmpdir(), 'evlnet-full-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'evlnet-test', folder]);
    try {
      const mapping = mapNewFile(join(folder, 'small'), 4096);
      expect(() => mapNewFile(join(folder, 'large'), 1 << 20)).toThrow(
        expect.objectContaining({
          errno: 28,
          message: expect.stringMatching(/^Cannot make room for 1048576 octets in .*ENOSPC/),
        }),
      );
      expect(readdirSync(folder)).toEqual(['small']);
      unmap(mapping);
    } finally {
      execFileSync('umount', [folder]);
      rmdirSync(folder);
    }
  });
});
