// `evlnet monitor` beside all that it tells of, as root and as an ordinary user.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { tool } from '../../src/lab/tool.js';
import { describeIf } from '../capability.js';
import { EVLNET, Stand, type Started, until } from './stand.js';

const PATIENCE_MS = 20_000;
const NOBODY = ['--reuid', '65534', '--regid', '65534', '--clear-groups'];

describeIf(['root', 'network namespaces', 'build', 'bpf', { command: 'ping' }, { command: 'setpriv' }])(
  'evlnet monitor',
  () => {
    let stand: Stand;
    let monitor: Started;
    let ofNobody: Started;
    let told = 0;

    /** Waits for these lines, in that order; what stands between them does not matter. */
    const expectTold = async (...lines: RegExp[]) => {
      for (const line of lines) {
        const found = () => new RegExp(`^${line.source}.*\\n`, 'm').exec(monitor.said.out.slice(told));
        await until(
          () => found() !== null,
          PATIENCE_MS,
          () => `${line} after\n${monitor.said.out.slice(0, told)}\nbut\n${monitor.said.out.slice(told)}`,
        );
        told += found()!.index + found()![0].length;
      }
    };
    const evlnet = (...words: string[]) => {
      const { status, stderr } = stand.evlnet(...words);
      expect({ words, status, stderr }).toEqual({ words, status: 0, stderr: expect.anything() });
    };
    const ip = (...words: string[]) => stand.get('responder', tool('ip'), ...words);
    const events = () =>
      ofNobody.said.out
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Record<string, unknown>);

    beforeAll(async () => {
      stand = await Stand.up('monitor');
      monitor = stand.start('responder', {}, process.execPath, EVLNET, 'monitor');
      const words = [process.execPath, EVLNET, '-j', 'monitor', 'worker', 'vlans'];
      ofNobody = stand.start('responder', {}, 'setpriv', ...NOBODY, ...words);
      // Nothing is printed at the start: both are there when both have told of something.
      for (let vid = 100; ; vid++) {
        evlnet('vlans', 'set', String(vid));
        const isOver = await Promise.all([
          monitor.printed(/VLANS/, 300),
          ofNobody.printed(/vlans/, 300),
        ]).then(
          () => true,
          (error: Error) => {
            if (vid === 140) throw error;
          },
        );
        if (isOver) break;
      }
    }, 60_000);
    afterAll(async () => {
      await monitor?.stop();
      await ofNobody?.stop();
      await stand?.down();
    }, 60_000);

    test('tells what happens, in the order in which it does', async () => {
      evlnet('port', 'enable', 'eth0.42', 'address', '10.10.10.11/24');
      await expectTold(/\[PORT\]-: eth0\.42@eth0: <OOB,.* state ENABLED/);
      evlnet('vlans', 'set', '42');
      await expectTold(/\[VLANS\]42/);
      evlnet('filter', 'set', 'eth0', 'match', 'vlan 42', 'accept', 'default', 'vlan');
      await expectTold(/\[FILTER\]eth0: filter rules state SET/);

      const worker = await stand.worker('icmp-responder');
      await expectTold(
        new RegExp(`\\[WORKER\\]eth0: worker ${worker.child.pid} driver xdp mode native copy`),
        / {4}icmp-responder/,
        /\[PORT\].* state RUNNING driver xdp/,
        /\[FILTER\]eth0: filter rules state RUNNING engine xdp/,
      );
      expect(stand.ping('-c', '1', '-w', '5', '10.10.10.11').received).toBe(1);
      await expectTold(/\[NEIGH\]10\.10\.10\.10 dev eth0\.42 lladdr /);

      await worker.stop('SIGKILL');
      await expectTold(
        new RegExp(`\\[WORKER\\]Deleted eth0: worker ${worker.child.pid} `),
        /\[PORT\].* state STALE/,
        /\[FILTER\]eth0: filter rules state SET/,
        /\[NEIGH\]Deleted 10\.10\.10\.10 dev eth0\.42 lladdr /,
      );

      ip('link', 'set', 'eth0', 'down');
      await expectTold(/\[LINK\]\d+: eth0@?.*: <.* state DOWN/, /\[PORT\].* <OOB> /);
      ip('link', 'set', 'eth0', 'up');
      await expectTold(/\[LINK\]\d+: eth0@?.*: <.* state UP/, /\[PORT\].* <OOB,UP,RUNNING> /);
      evlnet('vlans', 'clear');
      await expectTold(/\[VLANS\]Deleted 42/);
      evlnet('filter', 'unset', 'eth0');
      await expectTold(/\[FILTER\]Deleted eth0: filter rules/);
      evlnet('port', 'disable', 'eth0.42');
      await expectTold(/\[PORT\]Deleted -: eth0\.42@eth0: /);

      expect(await monitor.stop('SIGTERM')).toBe(0);
      expect(monitor.said.err).toBe('');

      // The worker is another user's: that it does not answer is said once.
      expect(await ofNobody.stop()).toBe(0);
      const ofWorkers = events().filter(({ event }) => event === 'worker');
      const record = { event: 'worker', ifname: 'eth0', worker: worker.child.pid };
      expect(ofWorkers).toEqual([record, { ...record, deleted: true }]);
      expect(events().slice(-1)).toEqual([{ event: 'vlans', deleted: true, vlans: [{ vlan: 42 }] }]);
      expect(ofNobody.said.err).toMatch(
        /^Warning: Cannot reach the worker of "eth0": permission denied \(EACCES\)\nHint: .*\n$/,
      );
    }, 60_000);
  },
);
