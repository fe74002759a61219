import { chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeIf } from '../capability.js';
import { command } from '../command.js';

const NOBODY = 65534;
const ROOT = join(import.meta.dirname, '../..');

describeIf(['user namespaces', 'cap', 'build', { command: 'ping' }, { command: 'python3' }])(
  'an ordinary user',
  () => {
    let folder: string;
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'evlnet-rootless-'));
      if (process.getuid?.() === 0) chownSync(folder, NOBODY, NOBODY);
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    test('has an unmodified ping answered over VLAN 42, and is told by which driver and why', () => {
      const { status, stdout, stderr } = command(
        'unshare',
        ['-Urnmpf', '--kill-child', 'sh', join(ROOT, 'scripts/user-demo/demo.sh'), ROOT, folder],
        {
          env: { ...process.env, NODE_OPTIONS: '', HOME: folder },
          ...(process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}),
        },
      );
      expect({ status, stderr, stdout }).toEqual({ status: 0, stderr: '', stdout: expect.anything() });
      expect(stdout).toContain('5 packets transmitted, 5 received, 0% packet loss');
      expect(stdout).not.toContain('DUP!');
      expect(stdout).toContain('state RUNNING driver pcap mode shared copy');
      expect(stdout).toMatch(
        /why: Cannot .*\(EPERM\).*; the kernel sees what is taken too: Cannot .*\(EPERM\)/,
      );
      expect(stdout).toMatch(/Warning: "eth0" runs with the driver pcap: Cannot .*\(EPERM\)/);
      expect(stdout).toMatch(/^5 requests, 5 replies, 0 dropped$/m);
      const [record] = JSON.parse(readFileSync(join(folder, 'stats'), 'utf8')) as {
        verdicts: Record<string, number>;
      }[];
      // Five requests, and ARP.
      expect(record!.verdicts.vlan).toBeGreaterThanOrEqual(6);
    }, 60_000);
  },
);
