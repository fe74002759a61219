import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { describeIf, has } from '../capability.js';
import { vmAvailable, vmRun } from './vm.js';

const script = join(import.meta.dirname, 'copies.sh');
const TIMEOUT_S = 240;

/** TCX came with Linux 6.6. */
const kernels = [
  // ping ends with the fifth reply, mostly before its double.
  { kernel: '6.1', mode: 'shared', twice: /[45]/, echos: '5', warnings: '1' },
  { kernel: '6.12', mode: 'exclusive', twice: /0/, echos: '0', warnings: '0' },
] as const;

describeIf(['build', 'cap'])('on pcap, beside a kernel with the same address', () => {
  for (const { kernel, mode, twice, echos, warnings } of kernels) {
    const reason = vmAvailable(kernel);
    if (reason !== true && has('build') === true) process.stderr.write(`SKIP: ${reason}\n`);
    (reason === true ? test : test.skip)(
      `Linux ${kernel}: ${mode === 'shared' ? 'both answer, and it says so' : 'the kernel is kept out'}`,
      async () => {
        const guest = { kernel, nics: ['e1000', 'e1000'], timeoutS: TIMEOUT_S };
        const { status, stdout, stderr } = await vmRun(guest, ['bash', script, 'e1000']);
        expect({ status, stderr }).toEqual({ status: 0, stderr: expect.anything() });
        const found = Object.fromEntries(
          stdout
            .trim()
            .split('\n')
            .map((line) => line.split(/: (.*)/s, 2)),
        );
        expect(found).toMatchObject({
          received: '5',
          twice: expect.stringMatching(twice),
          'kernel-echos': echos,
          warning: warnings,
          status: '0',
        });
        const [port] = JSON.parse(found.port!);
        expect(port).toMatchObject({ operstate: 'RUNNING', driver: 'pcap', mode });
        if (mode === 'shared') expect(port.why).toMatch(/^the kernel sees what is taken too: .*TCX/);
        expect(JSON.parse(found.stats!)).toMatchObject([{ echo: { requests: 5, replies: 5 } }]);
      },
      TIMEOUT_S * 1000,
    );
  }
});
