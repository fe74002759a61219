import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { connect } from '../../src/control/client.js';
import { describeIf } from '../capability.js';
import { EVLNET, Stand, type Started, until } from '../clients/stand.js';

const PATIENCE_MS = 20_000;

interface PortRecord {
  readonly driver: string;
  readonly mode: string;
  readonly why?: string;
  readonly worker: number;
}

describeIf(['root', 'network namespaces', 'bpf', 'cap', 'build', { command: 'ping' }])(
  'a worker on pcap',
  () => {
    let stand: Stand;
    const started: Started[] = [];
    const keep = (s: Started) => {
      started.push(s);
      return s;
    };
    /** Of a ping whose answer is waited for as long as a busy machine may take. */
    const answers = () => stand.ping('-c', '1', '-W', '10', '10.10.10.11').received === 1;
    const isSilent = () => stand.ping('-c', '1', '-W', '0.3', '10.10.10.11').received === 0;
    const inBand = () => stand.ping('-c', '2', '-i', '0.1', '-W', '10', '10.10.43.11').received === 2;
    const port = () => stand.json<PortRecord[]>('port', 'show', 'eth0.42')[0]!;
    /** The out-of-band process of a worker. */
    const childOf = (pid: number) =>
      readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)[0]!;
    /** One that has ended and nobody has asked for yet is dead too. */
    const isAlive = (pid: number) => {
      try {
        return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
      } catch {
        return false;
      }
    };
    const isStopped = (pid: number) => / T /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
    const isLinkToTcx = (file: string) => {
      try {
        return /^link_type:\s*tcx$/m.test(readFileSync(file, 'utf8'));
      } catch {
        // Closed since the folder was read.
        return false;
      }
    };
    /** Whether a worker keeps the kernel's copy out: it holds a link to TCX. */
    const isExclusive = ({ child: { pid } }: Started) =>
      isAlive(pid!) &&
      readdirSync(`/proc/${pid}/fdinfo`).some((fd) => isLinkToTcx(`/proc/${pid}/fdinfo/${fd}`));

    beforeAll(async () => {
      stand = await Stand.up('pcap');
      stand.configure('42', { driver: 'pcap' });
    }, 60_000);
    afterEach(async () => {
      for (const s of started.splice(0)) await s.stop('SIGKILL');
    });
    afterAll(async () => {
      await stand?.down();
    }, 60_000);

    test('shows itself, touches no offload, and leaves nothing on Ctrl-C', async () => {
      const before = stand.get('responder', 'ethtool', '-k', 'eth0');
      const responder = keep(await stand.responder());
      expect(port()).toMatchObject({ driver: 'pcap', mode: 'exclusive', worker: responder.child.pid });
      expect(port().why).toBeUndefined();
      expect(stand.get('responder', 'ethtool', '-k', 'eth0')).toBe(before);
      const child = childOf(responder.child.pid!);
      expect(isExclusive(responder)).toBe(true);
      expect(await responder.stop()).toBe(0);
      expect({ isAlive: isAlive(child), err: responder.said.err }).toEqual({ isAlive: false, err: '' });
      expect(existsSync(stand.runRoot)).toBe(false);
    }, 60_000);

    test('kill -9 under load: its process ends with it, and the next one starts', async () => {
      const doomed = keep(await stand.responder());
      const child = childOf(doomed.child.pid!);
      const flood = keep(stand.start('issuer', {}, 'ping', '-q', '-f', '10.10.10.11'));
      await flood.printed(/^PING/);
      await new Promise((resolve) => setTimeout(resolve, 300));
      await doomed.stop('SIGKILL');
      await until(() => !isAlive(child), PATIENCE_MS, 'the process is gone');
      expect(inBand()).toBe(true);
      keep(await stand.responder());
      // Its replies come to every ping: they may fill the buffer of one before that has looked once.
      await flood.stop();
      expect(answers()).toBe(true);
    }, 60_000);

    test.each(['throw', 'loop', 'uncaught', 'kill -9 of the process'])(
      'fails to in-band: %s',
      async (fault) => {
        const responder = keep(
          stand.start('responder', { EVLNET_FAULTS: '1' }, process.execPath, EVLNET, 'icmp', '-i', 'eth0.42'),
        );
        await responder.printed(/listening/);
        const child = childOf(responder.child.pid!);
        const client = await connect(stand.folder());
        if (fault.startsWith('kill')) process.kill(child, 'SIGKILL');
        else await client.request(fault).catch(() => {});
        expect(await responder.ended).toBe(2);
        await until(() => !isAlive(child), PATIENCE_MS, 'the process is gone');
        expect(inBand()).toBe(true);
        expect(responder.said.err).toMatch(/\S/);
        client.close();
      },
      60_000,
    );

    test('SIGTSTP hands the traffic back, SIGCONT takes it again', async () => {
      const responder = keep(await stand.responder());
      const child = childOf(responder.child.pid!);
      responder.child.kill('SIGTSTP');
      // It stops itself when all is handed back; the kernel has its copy somewhat earlier.
      await until(() => isStopped(responder.child.pid!), PATIENCE_MS, 'it has stopped');
      expect(isExclusive(responder)).toBe(false);
      expect(isSilent()).toBe(true);
      expect(isAlive(child)).toBe(true);
      responder.child.kill('SIGCONT');
      await until(() => isExclusive(responder), PATIENCE_MS, 'the kernel is kept out');
      expect(answers()).toBe(true);
    }, 60_000);

    test('auto falls back where XDP cannot be, and says why; bufsz is no limit then', async () => {
      stand.evlnet('port', 'set', 'eth0.42', 'driver', 'auto');
      stand.get('responder', 'ip', 'link', 'set', 'dev', 'eth0', 'mtu', '9000');
      try {
        const responder = keep(await stand.responder());
        const why = 'Cannot attach XDP to "eth0": MTU 9000 does not fit a buffer of 4096 octets';
        expect(port()).toMatchObject({ driver: 'pcap', mode: 'exclusive', why });
        expect(responder.said.err).toMatch(`Warning: "eth0" runs with the driver pcap: ${why}\nHint: `);
        expect(answers()).toBe(true);
        await responder.stop();
        stand.evlnet('port', 'set', 'eth0.42', 'driver', 'xdp');
        const { status, stderr } = stand.evlnet('icmp', '-i', 'eth0.42');
        expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringContaining(why) });
      } finally {
        stand.get('responder', 'ip', 'link', 'set', 'dev', 'eth0', 'mtu', '1500');
        stand.evlnet('port', 'set', 'eth0.42', 'driver', 'pcap');
      }
    }, 60_000);
  },
);
