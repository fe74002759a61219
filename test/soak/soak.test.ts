import { expect, test } from '@jest/globals';
import { describeIf } from '../capability.js';
import { command } from '../command.js';

describeIf(['root', 'network namespaces', 'bpf', 'build', { command: 'python3' }, { command: 'ethtool' }])(
  'scripts/soak',
  () => {
    test('two seconds of everything: nothing is lost, all adds up', () => {
      const argv = ['scripts/soak', '--seconds', '2', '--rate', '2000'];
      const env = { ...process.env, NODE_OPTIONS: '' };
      const { status, stdout, stderr } = command(process.execPath, argv, { env, patienceMs: 100_000 });
      expect(`${stdout}${stderr}`).toMatch(/^(\d+) of \1 hold$/m);
      expect(status).toBe(0);
    }, 120_000);

    test('an argument that is wrong', () => {
      const { status, stderr } = command(process.execPath, ['scripts/soak', '--seconds', 'x']);
      expect([status, stderr]).toEqual([1, expect.stringMatching(/^argument "x" is wrong: --seconds is /)]);
    });
  },
);
