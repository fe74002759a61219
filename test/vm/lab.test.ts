import { expect, test } from '@jest/globals';
import { describeIf } from '../capability.js';
import { vmAvailable, vmRun } from './vm.js';

const TIMEOUT_S = 300;
const reason = vmAvailable('6.1');
if (reason !== true) process.stderr.write(`SKIP: ${reason}\n`);
const testIf = reason === true ? test : test.skip;

describeIf(['build'])('evlnet lab where the kernel has 802.1Q, and no TCX (Linux 6.1)', () => {
  testIf(
    'run proves the same with real VLAN devices in the responder',
    async () => {
      // What the kernel has of the responder's devices, as soon as the lab has made them.
      const script = [
        '. test/vm/lan.sh',
        '{ until_true 120 ip -n evlnet-lab-responder link show eth0.43 && ip -n evlnet-lab-responder -d -o link show; } & devices=$!',
        'bin/evlnet lab run; ended=$?',
        'wait $devices && exit $ended',
      ].join('\n');
      const { status, stdout, stderr } = await vmRun({ cpus: 2, timeoutS: TIMEOUT_S }, [
        'bash',
        '-c',
        script,
      ]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      for (const vid of [42, 43])
        expect(stdout).toMatch(new RegExp(`: eth0\\.${vid}@eth0: .* vlan protocol 802\\.1Q id ${vid} `));
      // Address and MAC are the kernel device's.
      expect(stdout).toMatch(/^responder# evlnet port enable eth0\.42$/m);
      expect(stdout.match(/^ {2}ok {4}.*$/gm)).toHaveLength(8);
    },
    TIMEOUT_S * 2100,
  );
});
