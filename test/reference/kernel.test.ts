import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { FrameFields, TagFields } from '../build-frame.js';
import { describeIf } from '../capability.js';
import { DESTINATIONS, MAC_ADDRESSES, SOURCES } from './addresses.js';
import { outcome, verdicts } from './answer.js';
import { ARP } from './arp.js';
import { DIFFERENCES } from './differences.js';
import { MESSAGES, PACKETS, SIZES, TOS } from './echo.js';
import { ERRORS } from './errors.js';
import { FRAGMENTS, UDP_FRAGMENTS } from './fragments.js';
import { Hosts, VLAN_42 } from './hosts.js';
import { lot, RECORDED, ROUTES, TIMESTAMPS } from './options.js';
import { type Question, untagged } from './question.js';
import { UDP, UDP_SIZES } from './udp.js';

const PING: FrameFields = { icmp: { identifier: 0xd1ce } };
const DATAGRAM: FrameFields = { udp: { destinationPort: 7, sourcePort: 0xd1ce } };

describeIf(['root', 'network namespaces', 'bpf', 'build', { command: 'python3' }, { command: 'ethtool' }])(
  'evlnet answers as Linux',
  () => {
    const hosts = new Hosts();
    beforeAll(async () => {
      hosts.up();
      await hosts.worker();
    }, 30_000);
    afterAll(() => hosts.leave(), 30_000);

    const askBoth = (
      questions: readonly Question[],
      marker: FrameFields,
      tags: readonly TagFields[] = VLAN_42,
    ) => {
      const frames = questions.map((q) => q.frames);
      const kernel = hosts.ask('kernel', frames, marker);
      const evlnet = hosts.ask('evlnet', frames, marker, tags);
      return questions.map((q, i) => ({
        question: q,
        kernel: kernel[i]!,
        evlnet: evlnet[i]!.map((frame) => untagged(frame, tags)),
      }));
    };

    /** A test a question. */
    const each = (what: string, questions: readonly Question[], marker = PING) =>
      describe(what, () => {
        let answers: ReturnType<typeof askBoth>;
        beforeAll(() => {
          answers = askBoth(questions, marker);
        }, 30_000);
        test.each(questions.map((q, i) => [q.name, i] as const))('%s', (_name, i) => {
          const { question, kernel, evlnet } = answers[i]!;
          const [have, want] = verdicts(question, kernel, evlnet);
          expect(have).toEqual(want);
        });
      });

    each('packets:', PACKETS);
    each('messages:', MESSAGES);
    each('fragments:', FRAGMENTS);
    each('sources:', SOURCES);
    each('destinations:', DESTINATIONS);
    each('MAC addresses:', MAC_ADDRESSES);
    each('recorded options:', RECORDED);
    each('ARP:', ARP);
    each('UDP:', UDP, DATAGRAM);
    each('UDP in fragments:', UDP_FRAGMENTS, DATAGRAM);

    /** One test for all, as there are too many to name. Returns what was answered, by Linux. */
    const all = (
      questions: readonly Question[],
      marker: FrameFields,
      tags?: readonly TagFields[],
    ): string[] => {
      const wrong: unknown[] = [];
      const answers = askBoth(questions, marker, tags).map(({ question, kernel, evlnet }) => {
        const answered = outcome(kernel);
        const differs = answered === 'icmp 12/0' ? DIFFERENCES.parameterProblem : question.differs;
        const [have, want] = verdicts({ ...question, ...(differs ? { differs } : {}) }, kernel, evlnet);
        if (!isDeepStrictEqual(have, want)) wrong.push([question.name, have, want]);
        return answered;
      });
      expect(wrong).toEqual([]);
      return answers;
    };
    const only = (answer: string, answers: readonly string[]) =>
      expect([...new Set(answers)]).toEqual([answer]);

    test('echo requests of every size from 0 to 1472', () => only('echo reply', all(SIZES, PING)), 30_000);
    test('echo requests of every TOS', () => only('echo reply', all(TOS, PING)));
    test('datagrams of every size from 0 to 1472', () => only('datagram', all(UDP_SIZES, DATAGRAM)), 30_000);
    test('record route of every room', () => only('echo reply', all(ROUTES, PING)));
    test('timestamps of every kind and room', () => {
      const answers = all(TIMESTAMPS, PING);
      expect(answers.filter((a) => a === 'echo reply').length).toBeGreaterThan(100);
    });
    test('a seeded lot of options', () => {
      const answers = all(lot(0x2545f491, 2000), PING);
      for (const kind of ['echo reply', 'icmp 12/0', 'nothing'])
        expect(answers.filter((a) => a === kind).length).toBeGreaterThan(50);
    }, 30_000);

    describe('tags come back as they were, whatever they carry:', () => {
      test.each<[name: string, tags: TagFields[]]>([
        ['PCP and DEI', [{ vid: 42, pcp: 7, dei: true }]],
        ['802.1ad', [{ vid: 42, pcp: 2, tpid: 0x88a8 }]],
        [
          'QinQ',
          [
            { vid: 100, pcp: 5, dei: true, tpid: 0x88a8 },
            { vid: 42, pcp: 3 },
          ],
        ],
        [
          'QinQ of 802.1Q twice',
          [
            { vid: 43, pcp: 1 },
            { vid: 42, pcp: 6, dei: true },
          ],
        ],
        ['QinQ in a priority tag', [{ vid: 0, pcp: 4 }, { vid: 42 }]],
      ])('%s', (_name, tags) => {
        all([...PACKETS, ...RECORDED, ...ARP], PING, tags);
        all(UDP, DATAGRAM, tags);
      });
    });

    test('unasked, evlnet sends its probe and two announcements at most', () => {
      expect(hosts.unasked.length).toBeLessThanOrEqual(3);
    });

    test('every frame asked is accounted for', () => {
      const { stats64, drops, reassembled, fragmented, arp_learned: learned } = hosts.stats('eth0.42');
      const dropped = Object.values(drops).reduce((sum, count) => sum + count, 0);
      const answered = stats64.tx.packets! - fragmented.fragments + fragmented.packets;
      const whole = stats64.rx.packets! - reassembled.fragments + reassembled.packets;
      const waiting = whole - answered - learned - dropped;
      // Of FRAGMENTS, those whose packet never was whole.
      expect(waiting + drops['fragment-timeout']!).toBe(21);
    });

    test('each difference that is written down was met', () => {
      const met = [
        PACKETS,
        MESSAGES,
        FRAGMENTS,
        ERRORS,
        SOURCES,
        DESTINATIONS,
        MAC_ADDRESSES,
        RECORDED,
        ARP,
        UDP,
      ].flat();
      const unmet = Object.entries(DIFFERENCES).filter(([, d]) => !met.some((q) => q.differs === d));
      expect(unmet.map(([name]) => name)).toEqual([]);
    });
  },
);
