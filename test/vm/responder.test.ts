import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { describeIf, has } from '../capability.js';
import { frames } from './capture.js';
import { vmAvailable, vmRun } from './vm.js';

const script = (name: string) => join(import.meta.dirname, name);
const TIMEOUT_S = 300;

interface Machine {
  kernel: '6.1' | '6.12';
  nic: string;
  driver: string;
  mode: 'native' | 'generic';
  /** Ended by SIGKILL, too, and started again. */
  killed?: true;
  /** And afterwards on libpcap, beside a kernel that answers too: how often ping then sees a reply twice, and what the kernel hears. */
  pcap?: { mode: 'shared' | 'exclusive'; twice: RegExp; echos: string; warning: string };
}

/** TCX, which keeps the kernel out, came with Linux 6.6. */
const machines: Machine[] = [
  { kernel: '6.1', nic: 'e1000', driver: 'e1000', mode: 'generic', killed: true },
  {
    kernel: '6.1',
    nic: 'virtio-net-pci',
    driver: 'virtio_net',
    mode: 'native',
    // ping ends with the fifth reply, mostly before its double.
    pcap: { mode: 'shared', twice: /^[45]$/, echos: '5', warning: '1' },
  },
  {
    kernel: '6.12',
    nic: 'igb',
    driver: 'igb',
    mode: 'native',
    pcap: { mode: 'exclusive', twice: /^0$/, echos: '0', warning: '0' },
  },
];

const testOn = ({ kernel, nic }: Machine) => {
  const reason = vmAvailable(kernel, nic);
  if (reason === true) return test;
  if (has('build') === true) process.stderr.write(`SKIP: ${reason}\n`);
  return test.skip;
};

/** The `name: value` lines that responder.sh prints, and those of copies.sh. */
async function facts({ kernel, nic, driver, killed, pcap }: Machine, wire: string) {
  const guest = { kernel, nics: [nic, nic], wire, timeoutS: TIMEOUT_S };
  const responder = `bash ${script('responder.sh')} ${driver} ${killed ? 'killed' : ''}`;
  const copies = pcap ? ` && echo ${NEXT} && bash ${script('copies.sh')}` : '';
  const { status, stdout, stderr } = await vmRun(guest, ['bash', '-c', responder + copies]);
  expect({ status, stderr, stdout }).toEqual({
    status: 0,
    stderr: expect.anything(),
    stdout: expect.anything(),
  });
  return stdout.split(NEXT).map(
    (part): Record<string, string> =>
      Object.fromEntries(
        part
          .trim()
          .split('\n')
          .map((line) => line.split(/: (.*)/s, 2)),
      ),
  );
}
const NEXT = '-- next --';

/** ICMP echo replies of the responder that left in VLAN 42, as an independent witness saw them on the wire. */
const tagged = (file: string) =>
  frames(file).filter(
    (f) =>
      f.toString('hex', 0, 18).endsWith('5254000000018100002a0800') && f[18 + 9] === 1 && f[18 + 20] === 0,
  ).length;

async function withCapture(run: (wire: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'evlnet-vm-'));
  try {
    await run(join(folder, 'wire.pcap'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function expectOnPcap(
  found: Record<string, string>,
  { mode, twice, echos, warning }: NonNullable<Machine['pcap']>,
) {
  expect(found).toMatchObject({
    received: '5',
    twice: expect.stringMatching(twice),
    'kernel-echos': echos,
    warning,
    status: '0',
  });
  const [port] = JSON.parse(found.port!);
  expect(port).toMatchObject({ operstate: 'RUNNING', driver: 'pcap', mode });
  if (mode === 'shared') expect(port.why).toMatch(/^the kernel sees what is taken too: .*TCX/);
  expect(JSON.parse(found.stats!)).toMatchObject([{ echo: { requests: 5, replies: 5 } }]);
}

describeIf(['build', 'cap'])('evlnet icmp on a real NIC with a real eth0.42', () => {
  for (const machine of machines) {
    const { kernel, nic, mode, killed, pcap } = machine;
    testOn(machine)(
      `Linux ${kernel}, ${nic}: answers what the kernel may not, leaves it the rest, restores the interface${killed ? ', also after kill -9' : ''}${pcap ? `; on pcap the kernel is ${pcap.mode === 'shared' ? 'heard too, and it says so' : 'kept out'}` : ''}`,
      () =>
        withCapture(async (wire) => {
          const [found, onPcap] = await facts(machine, wire);
          expect(found).toMatchObject({
            silent: '0',
            'out-of-band': '5',
            'in-band-43': '2',
            'in-band-untagged': '2',
            status: '0',
            lines: '5',
            settings: 'restored',
            'kernel-again': '2',
            // One before evlnet, VLAN 43 and untagged two each, two after it: none of the five.
            'kernel-echos': killed ? '9' : '7',
          });
          if (killed)
            expect(found).toMatchObject({
              'kernel-at-once': '2',
              // Offloads stay as they were: that is what there is to repair.
              left: expect.stringMatching(/^[1-9]/),
              'after-killed': '2',
            });
          expect(JSON.parse(found!.stats!)).toMatchObject([
            {
              ifname: 'eth0.42',
              echo: { requests: 5, replies: 5 },
              verdicts: { vlan: 5, accept: 0, drop: 0 },
            },
          ]);
          expect(JSON.parse(found!.port!)).toMatchObject([
            { ifname: 'eth0.42', operstate: 'RUNNING', driver: 'xdp', mode, vid: 42 },
          ]);
          // Otherwise "restored" would say nothing: promiscuous mode at least.
          expect(Number(found!.changed)).toBeGreaterThan(0);
          if (pcap) expectOnPcap(onPcap!, pcap);
          expect(tagged(wire)).toBe(5 + 2 + (killed ? 2 + 2 : 0) + (pcap ? 5 + Number(pcap.echos) : 0));
        }),
      TIMEOUT_S * 1000,
    );
  }
});
