// The program under the names of EVL's tools: links to it, called as libevl's are.
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeIf } from '../capability.js';
import { EVLNET, Stand } from './stand.js';

describeIf(['root', 'network namespaces', 'build', 'bpf', { command: 'ping' }])(
  'links named as EVL’s tools',
  () => {
    let stand: Stand;
    let folder: string;
    const tool = (name: string) => join(folder, name);
    const run = (name: string, ...argv: string[]) => {
      const { status, stdout, stderr } = stand.on('responder', tool(name), ...argv);
      return [status, stdout, stderr];
    };

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'evlnet-tools-'));
      for (const name of ['evl-net', 'oob-net-icmp', 'oob-net-udp']) symlinkSync(EVLNET, tool(name));
      stand = await Stand.up('tools');
      stand.configure('100');
    }, 60_000);
    afterAll(async () => {
      await stand?.down();
      rmSync(folder, { recursive: true, force: true });
    }, 60_000);

    test('evl-net', () => {
      expect(run('evl-net', '-N42', '-n')).toEqual([0, '42\n', '']);
      expect(run('evl-net', '-QRT', '-i', 'eth0.42')).toEqual([0, '0 0\n', '']);
      const [status, , stderr] = run('evl-net', '-ei', 'nope');
      expect([status, stderr]).toEqual([
        1,
        expect.stringMatching(/^evl-net: Cannot find device "nope"\nHint: /),
      ]);
      expect(run('evl-net', '-@')).toEqual([0, 'manage the EVL out-of-band networking stack\n', '']);
    }, 60_000);

    test('oob-net-icmp answers an unmodified ping', async () => {
      const responder = stand.start('responder', {}, tool('oob-net-icmp'), '-i', 'eth0.42');
      await responder.printed(/^listening to interface eth0\.42\n/);
      expect(stand.ping('-c', '1', '-w', '5', '10.10.10.11').received).toBe(1);
      await responder.printed(
        /\n\[0\] count=84, proto=0x800, ifindex=\d+, type=0, halen=6, mac=[\da-f:]{17}\n/,
      );
      expect(await responder.stop()).toBe(0);
      const usage = 'Hint: oob-net-icmp -i <network-interface> [-d][-s]\n';
      expect(run('oob-net-icmp')).toEqual([2, '', `oob-net-icmp: argument "-i" is required\n${usage}`]);
      expect(run('oob-net-icmp', '-x')).toEqual([1, '', `oob-net-icmp: invalid option "-x"\n${usage}`]);
    }, 60_000);

    test('oob-net-udp', () => {
      expect(run('oob-net-udp')[0]).toBe(2);
      expect(run('oob-net-udp', '-a', '10.10.10.300')[0]).toBe(1);
      const [status, stdout] = run('oob-net-udp', '-S', '-a', '10.10.10.10', '-i', '1');
      expect([status, stdout]).toEqual([
        0,
        expect.stringMatching(/^== sender mode \(=> 10\.10\.10\.10:42042\)\n/),
      ]);
      expect(run('oob-net-udp', '-Ssa', '10.10.10.10', '-i', '1')[1]).not.toContain('==');
    }, 60_000);
  },
);
