import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ControlClient, connect } from '../../src/control/client.js';
import { TRUNK } from '../../src/lab/topology.js';
import { updateState } from '../../src/state/file.js';
import type { FilterState } from '../../src/state/schema.js';
import { describeIf } from '../capability.js';
import { EVLNET, Stand, type Started, type StatsRecord } from './stand.js';

/** With all that a change of the state takes; the bare swap is repeated more often in test/device. */
const SWAPS = 50;
const UDP = { match: 'vlan 42 and udp', verdict: 'accept' } as const;
/** Datagrams are for evlnet by the one, for the kernel by the other; pings are taken by both. */
const TAKES: FilterState = { rules: [UDP], default: 'vlan' };
const LEAVES: FilterState = { rules: [{ ...UDP, verdict: 'skip' }], default: 'vlan' };

/** Sends datagrams, as many as leave room for pings, until it is killed. */
const SENDER = `import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    for _ in range(32):
        s.sendto(b'evlnet', ('10.10.10.11', 5000))
    time.sleep(0.001)`;

describeIf(['root', 'network namespaces', 'bpf', 'build', { command: 'ping' }, { command: 'python3' }])(
  'a filter that is swapped under load',
  () => {
    let stand: Stand;
    let responder: Started;
    let worker: ControlClient;
    const swap = async (filter: FilterState) => {
      const { rev } = updateState(stand.stateFile, (draft) => {
        draft.filters.eth0 = filter;
      });
      expect(await worker.request('reload', { rev })).toEqual({ rev });
    };
    /** Frames that the switch handed to the responder's interface, and those that found no room there. */
    const trunk = () => {
      const text = stand.get('switch', 'ip', '-s', '-j', 'link', 'show', 'dev', TRUNK.port);
      const [{ stats64 }] = JSON.parse(text) as [{ stats64: { tx: { packets: number; dropped: number } } }];
      return stats64.tx;
    };
    const counters = () => {
      const records = stand.json<StatsRecord[]>('stats', 'show');
      const device = records.find((r) => r.ifname === 'eth0')!;
      const sum = (of: (r: StatsRecord) => number) => records.reduce((total, r) => total + of(r), 0);
      const lost = Object.entries(device.drops).filter(([name]) => name.startsWith('xsk-'));
      return {
        ...(device.verdicts as Record<'accept' | 'skip' | 'vlan' | 'drop', number>),
        received: sum((r) => r.stats64.rx.packets!),
        lost: lost.reduce((total, [, count]) => total + count, 0),
      };
    };

    beforeAll(async () => {
      stand = await Stand.up('swap');
      stand.configure('42');
      const run = ['run', 'eth0', 'icmp-responder'];
      responder = stand.start('responder', {}, process.execPath, EVLNET, ...run);
      await responder.printed(/running/);
      worker = await connect(stand.folder());
    }, 60_000);
    afterAll(async () => {
      worker?.close();
      await responder?.stop();
      await stand?.down();
    }, 60_000);

    test(`${SWAPS} times: every frame is judged by the one or the other, and none is lost`, async () => {
      await swap(TAKES);
      const [before, sentBefore] = [counters(), trunk()];
      const pings = stand.start('issuer', {}, 'ping', '-q', '-f', '-w', '100', '10.10.10.11');
      const sender = stand.start('issuer', {}, 'python3', '-c', SENDER);
      for (let i = 0; i < SWAPS; i++) await swap(i % 2 === 0 ? LEAVES : TAKES);
      await sender.stop('SIGTERM');
      await pings.stop();
      // What is on its way arrives before a later ping is answered.
      expect(stand.ping('-c', '1', '10.10.10.11').received).toBe(1);
      const [after, sentAfter] = [counters(), trunk()];
      const grown = (key: keyof typeof after) => after[key] - before[key];

      const judged = grown('accept') + grown('skip') + grown('vlan') + grown('drop');
      expect(judged).toBe(sentAfter.packets - sentBefore.packets);
      expect(grown('drop')).toBe(0);
      expect(grown('received') + grown('lost')).toBe(grown('accept') + grown('vlan'));
      // Both had their share.
      expect(grown('accept')).toBeGreaterThan(SWAPS);
      expect(grown('skip')).toBeGreaterThan(SWAPS);
      const [, transmitted, received] = /(\d+) packets transmitted, (\d+) received/.exec(pings.said.out)!;
      expect(Number(transmitted)).toBeGreaterThan(10 * SWAPS);
      // The last may have been on its way when ping was stopped.
      expect(Number(transmitted) - Number(received)).toBeLessThanOrEqual(
        sentAfter.dropped - sentBefore.dropped + grown('lost') + 1,
      );
    }, 120_000);
  },
);
