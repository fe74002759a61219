import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { describeIf, has } from '../capability.js';
import { frames } from './capture.js';
import { hasArm64, hasNewest, type Kernel, vmAvailable, vmRun } from './vm.js';

const script = 'test/vm/responder.sh';
const TIMEOUT_S = 420;

/** What a pair of NICs does in a round, as responder.sh says it. */
type Way = 'xdp' | 'kill' | 'pcap';
interface Pair {
  nic: string;
  driver: string;
  mode: 'native' | 'generic';
  isZeroCopy?: boolean;
  ways: Way[];
}
interface Machine {
  kernel: Kernel;
  /** TCX, which keeps the kernel out of what libpcap takes, came with Linux 6.6. */
  hasTcx: boolean;
  pairs: Pair[];
}

const machines: Machine[] = [
  {
    kernel: '6.1',
    hasTcx: false,
    pairs: [
      { nic: 'e1000', driver: 'e1000', mode: 'generic', ways: ['kill', 'xdp'] },
      { nic: 'virtio-net-pci', driver: 'virtio_net', mode: 'native', ways: ['xdp', 'pcap'] },
    ],
  },
  {
    kernel: '6.12',
    hasTcx: true,
    pairs: [
      { nic: 'igb', driver: 'igb', mode: 'native', ways: ['xdp'] },
      { nic: 'e1000', driver: 'e1000', mode: 'generic', ways: ['pcap'] },
    ],
  },
  // igb has zero-copy since Linux 6.14.
  ...(hasNewest
    ? [
        {
          kernel: 'newest',
          hasTcx: true,
          pairs: [
            { nic: 'igb', driver: 'igb', mode: 'native', isZeroCopy: true, ways: ['kill', 'xdp'] },
            { nic: 'virtio-net-pci', driver: 'virtio_net', mode: 'native', ways: ['xdp', 'pcap'] },
          ],
        } satisfies Machine,
      ]
    : []),
  ...(hasArm64
    ? [
        {
          kernel: 'arm64',
          hasTcx: true,
          pairs: [{ nic: 'virtio-net-pci', driver: 'virtio_net', mode: 'native', ways: ['xdp'] }],
        } satisfies Machine,
      ]
    : []),
];

const testOn = ({ kernel, pairs }: Machine) => {
  const reasons = pairs.map(({ nic }) => vmAvailable(kernel, nic)).filter((reason) => reason !== true);
  if (reasons.length === 0) return test;
  if (has('build') === true) process.stderr.write(`SKIP: ${reasons[0]}\n`);
  return test.skip;
};

/** Value by `ROUND DEVICE NAME`, as responder.sh prints them. */
async function facts({ kernel, pairs }: Machine, wire: string): Promise<Map<string, string>> {
  const nics = pairs.flatMap(({ nic }, pair) => [...(pair === 0 ? [] : ['/']), nic, nic]);
  const asked = pairs.map(({ driver, ways }) => `${driver}:${ways}`);
  const guest = { kernel, nics, wire, timeoutS: TIMEOUT_S };
  const { status, stdout, stderr } = await vmRun(guest, ['bash', script, ...asked]);
  if (status !== 0) throw new Error(`the guest ended with ${status}: ${stderr}\n${stdout}`);
  return new Map(stdout.split('\n').map((line) => line.split(/: (.*)/s, 2) as [string, string]));
}

/** ICMP echo replies of a pair's responder that left in VLAN 42, as an independent witness saw them on the wire. */
const tagged = (file: string, pair: number) =>
  frames(file).filter(
    (f) =>
      f.toString('hex', 6, 18) === `52540000000${2 * pair + 1}8100002a0800` &&
      f[18 + 9] === 1 &&
      f[18 + 20] === 0,
  ).length;

async function withCapture(run: (wire: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'evlnet-vm-'));
  try {
    await run(join(folder, 'wire.pcap'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What must be found where the kernel hears what evlnet takes, and where it does not. */
function expected(way: Way, hasTcx: boolean) {
  const isHeard = way === 'pcap' && !hasTcx;
  return {
    // The kernel may not answer, and evlnet is not there yet.
    silent: '0',
    received: '5',
    // ping ends with the fifth reply, mostly before its double.
    twice: expect.stringMatching(isHeard ? /^[45]$/ : /^0$/),
    'kernel-echos': isHeard ? '5' : '0',
    'in-band-43': '2',
    'in-band-untagged': '2',
    lines: '5',
    ...(way === 'pcap' ? {} : { 'dump-status': '0', dumped: '5' }),
    warning: isHeard ? '1' : '0',
    // Killed, it leaves what there is to repair.
    left: way === 'kill' ? expect.stringMatching(/^[1-9]/) : '0',
    ...(way === 'kill' ? {} : { status: '0' }),
    'kernel-again': '2',
  };
}

describeIf(['build', 'cap'])('evlnet icmp on real NICs with real VLAN devices', () => {
  for (const machine of machines) {
    const { kernel, hasTcx, pairs } = machine;
    testOn(machine)(
      `Linux ${kernel}: ${pairs.map(({ nic, ways }) => `${nic} (${ways.join(', then ')})`).join(' and ')}: answers what the kernel may not, leaves it the rest, restores the interface`,
      () =>
        withCapture(async (wire) => {
          const found = await facts(machine, wire);
          pairs.forEach(({ driver, mode, isZeroCopy = false, ways }, pair) => {
            ways.forEach((way, i) => {
              const ofRound = (name: string) => found.get(`${i + 1} eth${pair} ${name}`);
              const wanted = expected(way, hasTcx);
              expect(
                Object.fromEntries(Object.keys(wanted).map((name) => [name, ofRound(name)])),
              ).toMatchObject(wanted);
              const [stats] = JSON.parse(ofRound('stats')!);
              expect(stats).toMatchObject({ ifname: `eth${pair}.42`, echo: { requests: 5, replies: 5 } });
              const [port] = JSON.parse(ofRound('port')!);
              expect(port).toMatchObject({ operstate: 'RUNNING', vid: 42 });
              if (way === 'pcap') {
                expect(port).toMatchObject({ driver: 'pcap', mode: hasTcx ? 'exclusive' : 'shared' });
                if (!hasTcx) expect(port.why).toMatch(/^the kernel sees what is taken too: .*TCX/);
              } else {
                expect(port).toMatchObject({ driver: 'xdp', mode, zerocopy: isZeroCopy });
                expect(stats.verdicts).toMatchObject({ vlan: 5, accept: 0, drop: 0 });
                // Otherwise that nothing is left would say nothing: promiscuous mode at least.
                expect(Number(ofRound('changed'))).toBeGreaterThan(0);
              }
            });
            const heard = ways.filter((way) => way === 'pcap' && !hasTcx).length;
            const file = pair === 0 ? wire : `${wire}.${pair}`;
            expect([driver, tagged(file, pair)]).toEqual([driver, (5 + 2) * ways.length + 5 * heard]);
          });
        }),
      TIMEOUT_S * 2100,
    );
  }
});
