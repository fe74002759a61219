import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeIf } from '../capability.js';
import { outcome, verdicts } from './answer.js';
import { ERRORS, OF_ONE_HOST } from './errors.js';
import { Hosts, VLAN_42 } from './hosts.js';
import { untagged } from './question.js';

const PING = { icmp: { identifier: 0xd1ce } };
/** Linux and evlnet send 50 errors at once, then 1000 a second: so many are asked for in one go, and starting the next takes longer than that. */
const AT_ONCE = 40;

describeIf(['root', 'network namespaces', 'bpf', 'build', { command: 'python3' }, { command: 'ethtool' }])(
  'with icmp-errors on, evlnet sends the errors of Linux:',
  () => {
    const hosts = new Hosts();
    const kernel: Uint8Array[][] = [];
    const evlnet: Uint8Array[][] = [];
    beforeAll(async () => {
      hosts.up();
      await hosts.worker();
      hosts.evlnet('port', 'set', 'eth0.42', 'icmp-errors', 'on');
      for (let from = 0; from < ERRORS.length; from += AT_ONCE) {
        const frames = ERRORS.slice(from, from + AT_ONCE).map((q) => q.frames);
        kernel.push(...hosts.ask('kernel', frames, PING));
        const tagged = hosts.ask('evlnet', frames, PING, VLAN_42);
        evlnet.push(...tagged.map((answer) => answer.map((frame) => untagged(frame, VLAN_42))));
      }
    }, 60_000);
    afterAll(() => hosts.leave(), 30_000);

    test.each(ERRORS.map((q, i) => [q.name, i] as const))('%s', (_name, i) => {
      const [have, want] = verdicts(ERRORS[i]!, kernel[i]!, evlnet[i]!);
      expect(have).toEqual(want);
    });

    test('most of them, and all are counted', () => {
      const sent = evlnet.filter((answer) => /^icmp (3|12)\//.test(outcome(answer))).length;
      expect(sent).toBeGreaterThan(40);
      expect(hosts.stats('eth0.42')).toMatchObject({ icmp_errors: { sent, limited: 0 } });
    });

    test('a host gets six at once', () => {
      const question = OF_ONE_HOST.frames;
      const answers = hosts.ask('evlnet', new Array<Uint8Array[]>(12).fill([...question]), PING, VLAN_42);
      const got = answers.filter((answer) => answer.length === 1).length;
      expect(got).toBeGreaterThanOrEqual(6);
      expect(got).toBeLessThanOrEqual(8);
      expect(hosts.stats('eth0.42')).toMatchObject({ icmp_errors: { limited: 12 - got } });
    });
  },
);
