import { existsSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { vmAvailable, vmRun } from './vm.js';

const reason = vmAvailable('6.1');
if (reason !== true) process.stderr.write(`SKIP: ${reason}\n`);
const testIf = reason === true ? test : test.skip;

describe('vmRun()', () => {
  testIf(
    'brings back the exit code, both streams byte for byte, and leaves this machine as it was',
    async () => {
      const { status, stdout, stderr } = await vmRun({}, [
        'bash',
        '-c',
        'uname -r; head -c 3000000 /dev/zero | tr "\\0" x; echo no >&2; touch /etc/evlnet-vm-was-here; exit 7',
      ]);
      expect(status).toBe(7);
      expect(stdout).toMatch(/^6\.1\.\S+\nx+$/);
      expect(stdout.length - stdout.indexOf('\n') - 1).toBe(3_000_000);
      expect(stderr).toBe('no\n');
      expect(existsSync('/etc/evlnet-vm-was-here')).toBe(false);
    },
    60_000,
  );

  testIf(
    'gives up when time is up',
    async () => {
      const { status, stderr } = await vmRun({ timeoutS: 5 }, ['sleep', '60']);
      expect(status).toBe(124);
      expect(stderr).toContain('no exit code from the guest');
    },
    30_000,
  );
});
