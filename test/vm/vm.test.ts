import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { frames } from './capture.js';
import { type Guest, vmAvailable, vmRun } from './vm.js';

const lan = join(import.meta.dirname, 'lan.sh');
const reason = vmAvailable('6.1');
if (reason !== true) process.stderr.write(`SKIP: ${reason}\n`);
const testIf = reason === true ? test : test.skip;

const inGuest = (guest: Guest, script: string) => vmRun(guest, ['bash', '-c', script]);

describe('vmRun()', () => {
  testIf(
    'gives a VLAN network: the kernels meet over a real eth0.42, the wire carries the tag',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'evlnet-vm-'));
      const wire = join(folder, 'wire.pcap');
      try {
        const { status, stdout, stderr } = await inGuest(
          { nics: ['e1000', 'e1000'], wire },
          `. ${lan}; lan e1000 && ip -d link show eth0.42 && issuer ping -c 3 -i 0.2 -W 5 10.0.42.11`,
        );
        expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
        expect(stdout).toMatch(/vlan protocol 802\.1Q id 42/);
        expect(stdout).toMatch(/3 packets transmitted, 3 received/);
        // Requests and replies, captured outside the guest: 802.1Q, VID 42, IPv4.
        expect(frames(wire).filter((f) => f.toString('hex', 12, 18) === '8100002a0800')).toHaveLength(6);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
    90_000,
  );

  testIf(
    'brings back the exit code, both streams byte for byte, and leaves this machine as it was',
    async () => {
      const { status, stdout, stderr } = await inGuest(
        {},
        'uname -r; head -c 3000000 /dev/zero | tr "\\0" x; echo no >&2; touch /etc/evlnet-vm-was-here; exit 7',
      );
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
