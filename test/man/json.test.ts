import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeIf } from '../capability.js';
import { readPage, section, tags, textOf } from './page.js';
import { lab, type Place } from './place.js';

// The keys that a running worker's records really have: none of them is missing from the manual.
type Json = Record<string, unknown>;

describeIf(['root', 'network namespaces', 'bpf', 'build', { command: 'ping' }])(
  'with a worker that answers',
  () => {
    let place: Place;
    const ask = async (host: string, command: string): Promise<string> => {
      const { code, out, err } = await place.start(host, command).end();
      expect({ command, code, err }).toEqual({ command, code: 0, err });
      return out;
    };
    let packets: Json[];
    let shown: Record<string, Json>;
    let subjects: string[];

    beforeAll(async () => {
      place = await lab(`man-json-${process.pid}`);
      await ask('responder', 'evlnet port enable eth0.42 address 10.10.10.11/24 ethertype any');
      await ask('responder', 'evlnet vlans set 42');
      const responder = place.start('responder', 'evlnet -j -t icmp -i eth0.42 -d');
      // It prints nothing before the first packet; a ping that is not answered at all ends by itself.
      await ask('issuer', 'for i in $(seq 30); do ping -q -c 1 -w 1 10.10.10.11 && exit 0; done; exit 1');
      await ask('issuer', 'ping -q -b -c 1 -w 1 10.10.10.255 || true');
      await responder.ready();
      const first = async (command: string): Promise<Json> => JSON.parse(await ask('responder', command))[0];
      shown = {
        port: await first('evlnet -j -s -d port show eth0.42'),
        query: await first('evlnet -j port query eth0.42'),
        stats: await first('evlnet -j stats show dev eth0'),
        vlanStats: await first('evlnet -j stats show dev eth0.42'),
        check: await first('evlnet -j check eth0'),
        state: await first('evlnet -j state'),
      };
      const findings = JSON.parse(await ask('responder', 'evlnet -j check')) as { subject: string }[];
      subjects = findings.map((finding) => finding.subject).filter((subject) => !subject.startsWith('eth0'));
      const { out } = await responder.interrupt();
      packets = out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Json);
    }, 90_000);
    afterAll(() => place?.close());

    test.each([
      ['port', 'evlnet-port.8', 'evlnet port show'],
      ['query', 'evlnet-port.8', 'evlnet port query'],
      ['stats', 'evlnet-stats.8', 'evlnet stats show'],
      ['vlanStats', 'evlnet-stats.8', 'evlnet stats show'],
      ['check', 'evlnet-check.8', undefined],
      ['state', 'evlnet-state.5', 'evlnet state show'],
    ])('%s', (name, page, sub) => {
      expect(tags(section(readPage(page), 'JSON OUTPUT', sub))).toEqual(
        expect.arrayContaining(Object.keys(shown[name]!)),
      );
    });

    test('evlnet-check(8) tells what is looked at', () => {
      const told = tags(section(readPage('evlnet-check.8'), 'WHAT IS LOOKED AT'));
      expect(told).toEqual(expect.arrayContaining(subjects));
    });

    test('packets and summary of icmp-responder', () => {
      const json = section(readPage('evlnet-icmp-responder.8'), 'JSON OUTPUT');
      const summary = packets.pop()!;
      const keys = new Set(packets.flatMap((packet) => Object.keys(packet)));
      expect([...tags(json)].sort()).toEqual([...keys].sort());
      const { serviceTime, ...others } = summary as { serviceTime: Json };
      for (const key of [...Object.keys(others), 'serviceTime', ...Object.keys(serviceTime)])
        expect(textOf(json)).toMatch(new RegExp(`\\b${key}\\b`));
    });
  },
);
