import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { capabilities, parseCapabilities } from '../../src/linux/capabilities.js';
import { describeIf, has } from '../capability.js';

const cases: [name: string, status: string, want: string[]][] = [
  ['none', 'CapEff:\t0000000000000000\n', []],
  [
    'all',
    'Name:\tnode\nCapInh:\t0000000000000000\nCapEff:\t000001ffffffffff\nCapBnd:\t0000000000000000\n',
    [
      'CAP_NET_ADMIN',
      'CAP_NET_RAW',
      'CAP_IPC_LOCK',
      'CAP_SYS_ADMIN',
      'CAP_SYS_NICE',
      'CAP_PERFMON',
      'CAP_BPF',
    ],
  ],
  ['what evlnet asks for', 'CapEff:\t0000008000003000\n', ['CAP_NET_ADMIN', 'CAP_NET_RAW', 'CAP_BPF']],
  ['others', 'CapEff:\t0000000000000fff\n', []],
  ['CAP_SYS_ADMIN implies two', 'CapEff:\t0000000000200000\n', ['CAP_SYS_ADMIN', 'CAP_PERFMON', 'CAP_BPF']],
  ['no such line', 'CapPrm:\t000001ffffffffff\n', []],
];
test.each(cases)('parseCapabilities() finds %s', (_name, status, want) => {
  expect([...parseCapabilities(status)].sort()).toEqual([...want].sort());
});

test('capabilities() of this process agree with what it may do', () => {
  expect(capabilities().has('CAP_BPF')).toBe(has('bpf') === true);
});

describeIf(['build', 'user namespaces'])('in a user namespace', () => {
  test('what the kernel asks the initial one for is not held', () => {
    const program =
      "import('./dist/linux/capabilities.js').then((m) => console.log([...m.capabilities()].join()))";
    const held = execFileSync('unshare', ['-Ur', process.execPath, '-e', program], { encoding: 'utf8' });
    expect(held.trim().split(',')).toEqual(['CAP_NET_ADMIN', 'CAP_NET_RAW', 'CAP_SYS_ADMIN']);
  });
});
