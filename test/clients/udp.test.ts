import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { nowNs } from '../../src/linux/clock.js';
import type { RxTimestamps, TxTimestamps } from '../../src/socket/timestamps.js';
import { describeIf, has } from '../capability.js';
import { EVLNET, Stand, type Started, until } from './stand.js';

const PROGRAM = join(import.meta.dirname, 'udp-program.mjs');
const ONCE = join(import.meta.dirname, 'udp-once.mjs');
const THREADS = join(import.meta.dirname, 'udp-threads.mjs');
const SELF = '10.10.10.11';
const BIND = `
import errno, socket, sys
for address in sys.argv[2:]:
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind((address, int(sys.argv[1])))
        print("bound")
    except OSError as e:
        print(errno.errorcode[e.errno])
`;

interface StampedLine {
  readonly from?: { readonly timestamps?: Required<RxTimestamps> };
  readonly left?: TxTimestamps;
  readonly statistics?: object;
}

describeIf(['root', 'network namespaces', 'bpf', 'build', { command: 'socat' }, { command: 'python3' }])(
  'a program with a UDP socket',
  () => {
    let stand: Stand;
    const started: Started[] = [];
    const program = async (...argv: string[]) => {
      const p = stand.start('responder', {}, process.execPath, PROGRAM, ...argv);
      started.push(p);
      await p.printed(/listening/);
      return p;
    };
    const worker = async () => {
      const w = await stand.worker('icmp-responder');
      started.push(w);
      return w;
    };
    /**
     * What comes back of one datagram, sent by socat from the kernel's stack on the issuer: the first answer, and what comes in
     * `moreMs` after it.
     */
    const ask = async (text: string, to = `${SELF}:42042`, moreMs = 0) => {
      const send = `exec socat -t 20 - UDP4:${to} < <(printf %s "$1")`;
      const peer = stand.start('issuer', {}, 'bash', '-c', send, 'bash', text);
      started.push(peer);
      await until(() => peer.said.out !== '', 20_000, `an answer to ${text}`);
      await new Promise((resolve) => setTimeout(resolve, moreMs));
      await peer.stop('SIGTERM');
      return peer.said.out;
    };
    /** For who wants to see that there is one answer, and no more. */
    const askForAll = (text: string) => ask(text, `${SELF}:42042`, 500);
    /** For who asks again, or wants no answer. */
    const askShortly = (text: string) =>
      stand.get('issuer', 'sh', '-c', `printf %s "$1" | socat -t 0.5 - UDP4:${SELF}:42042`, 'sh', text);

    /** 0: nobody. */
    const workerOf = (): number => {
      try {
        return (JSON.parse(readFileSync(join(stand.folder(), 'worker.json'), 'utf8')) as { pid: number }).pid;
      } catch {
        return 0;
      }
    };
    const openSockets = (): number => {
      try {
        return readdirSync(join(stand.folder(), 'sockets')).length;
      } catch {
        return 0;
      }
    };
    const isWorker = (pid: number): boolean => workerOf() === pid;
    const isDiverting = () => / xdp/.test(stand.get('responder', 'ip', 'link', 'show', 'eth0'));
    /** Which ends when it hears `end`. */
    const unreferenced = async () => {
      const p = stand.start('responder', { UNREF: '1' }, process.execPath, PROGRAM, '42042', SELF);
      started.push(p);
      await p.printed(/listening/);
      return p;
    };

    beforeAll(async () => {
      stand = await Stand.up('udp');
      stand.configure();
    }, 60_000);
    afterEach(async () => {
      for (const s of started.splice(0).reverse()) await s.stop('SIGTERM');
    });
    afterAll(() => stand?.down(), 60_000);

    describe('attached to the worker that runs', () => {
      let running: Started;
      beforeAll(async () => {
        running = await stand.worker('icmp-responder');
      }, 60_000);
      afterAll(() => running?.stop('SIGTERM'), 60_000);

      test('answers socat over VLAN 42', async () => {
        const p = await program('42042');
        expect(await askForAll('evlnet')).toBe('EVLNET');
        await p.printed(/"size":6,"from":\{"address":"10.10.10.10","family":"IPv4","port":\d+,"size":6/);
        await p.printed(/"sent":6/);
      }, 60_000);

      test('takes datagrams where they lie, and may close meanwhile', async () => {
        const p = stand.start(
          'responder',
          {},
          process.execPath,
          join(import.meta.dirname, 'udp-receiver.mjs'),
        );
        started.push(p);
        await p.printed(/listening/);
        askShortly('one');
        await p.printed(/"text":"one"\}\n\{"count":1\}/);
        await p.printed(/closed/);
        expect(await p.ended).toBe(0);
      }, 60_000);

      test('sends in batches as it receives: without copies of its own', async () => {
        const p = stand.start('responder', { BATCH: '1' }, process.execPath, PROGRAM, '42042');
        started.push(p);
        await p.printed(/listening/);
        await p.printed(/"error":"EACCES"/);
        expect(await askForAll('evlnet')).toBe('evlnet');
        await p.printed(/"count":1/);
      }, 60_000);

      test('two programs share the device, not the port: EADDRINUSE names the way out', async () => {
        await program('42042');
        const second = stand.start('responder', {}, process.execPath, PROGRAM, '42042');
        started.push(second);
        await second.printed(/"error":"EADDRINUSE".*"hint":"reuseAddr/);
        await program('42043');
        expect(await ask('one')).toBe('ONE');
        expect(await ask('two', `${SELF}:42043`)).toBe('TWO');
      }, 60_000);

      test('lets its program end, once unref() was called', async () => {
        const p = await unreferenced();
        expect(await ask('evlnet')).toBe('EVLNET');
        askShortly('end');
        expect(await p.ended).toBe(0);
      }, 60_000);

      test('an address that no port has is EADDRNOTAVAIL', async () => {
        const p = stand.start('responder', {}, process.execPath, PROGRAM, '42042', '10.10.10.77');
        started.push(p);
        await p.printed(/"error":"EADDRNOTAVAIL"/);
      }, 60_000);

      test('killed, its socket goes: the port is free at once', async () => {
        const p = await program('42042');
        await p.stop('SIGKILL');
        await until(
          () => readdirSync(join(stand.folder(), 'sockets')).length === 0,
          20_000,
          'its files are gone',
        );
        await program('42042');
        expect(await ask('again')).toBe('AGAIN');
        expect(running.child.exitCode).toBeNull();
      }, 60_000);
    });

    test('lets its program end, once unref() was called, with the worker that was its own', async () => {
      const p = await unreferenced();
      expect(await ask('evlnet')).toBe('EVLNET');
      askShortly('end');
      expect(await p.ended).toBe(0);
      await until(() => !isDiverting(), 20_000, 'its traffic is in-band again');
    }, 60_000);

    // Its first question is not answered: the host gets that address while the program ends.
    test.each([
      ['10.10.10.12', {}],
      ['10.10.10.13', { UNREF: '1' }],
      ['10.10.10.14', { UNREF: '1', GROUP: '239.1.2.3' }],
    ])(
      'sends to %s, which is not known before it ends %j',
      async (address, env) => {
        const peer = stand.start('issuer', {}, 'socat', '-u', 'UDP4-RECV:42043', '-');
        const p = stand.start(
          'responder',
          env as Record<string, string>,
          process.execPath,
          ONCE,
          address,
          '42043',
        );
        started.push(peer, p);
        await p.printed(/sent/);
        stand.get('issuer', 'ip', 'addr', 'add', `${address}/32`, 'dev', 'eno2.42');
        await until(() => peer.said.out === 'once', 20_000, 'the datagram');
        expect(await p.ended).toBe(0);
        await until(() => !isDiverting(), 20_000, 'its traffic is in-band again');
      },
      60_000,
    );

    test('ends though the host is not there', async () => {
      const p = stand.start('responder', {}, process.execPath, ONCE, '10.10.10.77', '42043');
      started.push(p);
      expect(await p.ended).toBe(0);
    }, 60_000);

    test('answers as its own worker where none runs', async () => {
      const p = await program('42042', SELF);
      expect(await askForAll('evlnet')).toBe('EVLNET');
      expect(await p.stop('SIGTERM')).toBe(0);
    }, 60_000);

    test('in a thread has a worker that ends with it, however that is ended, and the next thread another one', async () => {
      const p = stand.start('responder', {}, process.execPath, THREADS, '42042', SELF);
      started.push(p);
      await p.printed(/listening/);
      expect(await ask('one')).toBe('ONE');
      expect(isDiverting()).toBe(true);
      const killed = workerOf();
      process.kill(killed, 'SIGKILL');
      await until(
        () => ![0, killed].includes(workerOf()) && openSockets() > 0,
        20_000,
        'its socket is open at the next worker',
      );
      p.child.kill('SIGUSR2');
      await p.printed(/terminated/);
      await until(() => !isDiverting(), 20_000, 'its traffic is in-band again');
      p.child.kill('SIGUSR2');
      await p.printed(/listening[\s\S]*listening/);
      expect(await ask('two')).toBe('TWO');
      await p.stop('SIGKILL');
      await until(() => !isDiverting(), 20_000, 'its traffic is in-band again');
      // Node warns of a descriptor that it takes for its own.
      expect(p.said.err).toBe('');
    }, 60_000);

    test('takes and answers datagrams of any length, in fragments where they are longer than the MTU', async () => {
      const p = await program('42042', SELF);
      // Each waits for what may come yet: all at the same time.
      const asked = [1, 1472, 1473, 9000, 65_507].map((size) => ({
        size,
        peer: stand.start(
          'issuer',
          {},
          'sh',
          '-c',
          // From a file: what comes through a pipe may come in parts, and each would be a datagram.
          `f=$(mktemp) && head -c ${size} /dev/zero | tr '\\0' a >$f && socat -b 65536 -t 1 - UDP4:${SELF}:42042 <$f | tr -d A | wc -c; rm $f`,
        ),
      }));
      for (const { size, peer } of asked) {
        expect(await peer.ended).toBe(0);
        expect(peer.said.out.trim()).toBe('0');
        await p.printed(new RegExp(`"sent":${size}\\b`));
      }
    }, 60_000);

    test('tells when frames were at the driver, in the queue, at the program: who asked for it, nobody else', async () => {
      await worker();
      const watch = stand.start(
        'responder',
        {},
        process.execPath,
        ...[EVLNET, '-j', 'stats', 'histogram', 'for', '60'],
      );
      started.push(watch);
      const isStamped = () => {
        stand.ping('-q', '-c', '1', SELF);
        return stand.json<object[]>('stats', 'histogram').some((measured) => 'driver_done' in measured);
      };
      await until(isStamped, 20_000, 'frames are stamped for stats histogram');
      // As Ctrl-C does: its terminal went.
      expect(await watch.stop('SIGHUP')).toBe(0);
      expect(watch.said.out).toMatch(/"driver_queue":\{"count":[1-9].*"collections":\{"count":\d/);

      const plain = await program('42043');
      const stamps = has('hardware times') === true ? 'hardware' : 'software';
      const p = stand.start('responder', { STAMPS: stamps }, process.execPath, PROGRAM, '42042');
      started.push(p);
      await p.printed(/listening/);
      const before = nowNs();
      expect([await ask('one'), await ask('two', `${SELF}:42043`), await ask('three')]).toEqual([
        'ONE',
        'TWO',
        'THREE',
      ]);
      await p.printed(/"left":\{"id":1,/);
      const lines = p.said.out
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as StampedLine);
      const came = lines.flatMap(({ from }) => from?.timestamps ?? []);
      expect(came.flatMap(Object.keys)).not.toContain('hardware');
      const left = lines.flatMap((line) => line.left ?? []);
      const isOrdered = (...times: number[]) => times.every((ns, i) => ns >= (times[i - 1] ?? before));
      expect(came.map((t) => isOrdered(t.driver, t.queue, t.application, nowNs()))).toEqual([true, true]);
      expect(left.map((t) => t.id)).toEqual([0, 1]);
      expect(left.map((t, i) => isOrdered(came[i]!.application, t.application, t.queue, t.driver))).toEqual([
        true,
        true,
      ]);
      expect(lines.at(-1)?.statistics).toMatchObject({ sent: 2, timestampsLost: 0 });
      expect(plain.said.out).not.toMatch(/timestamps/);
      const [times] = stand.json<Record<string, { count: number } | undefined>[]>('stats', 'histogram');
      const counts = ['queue_application', 'application_queue', 'queue_driver'].map(
        (at) => times?.[at]?.count,
      );
      expect(counts).toEqual([2, 2, 2]);
      expect(times?.driver_queue?.count).toBeGreaterThanOrEqual(3);
      expect(stand.evlnet('stats', 'reset').status).toBe(0);
      // ARP may come at any time.
      const [after] = stand.json<object[]>('stats', 'histogram');
      for (const at of ['queue_application', 'application_queue', 'queue_driver'])
        expect(after).not.toHaveProperty(at);
    }, 60_000);

    test('on a device that the kernel’s stack serves too, each has its ports to itself', async () => {
      stand.evlnet('port', 'enable', 'eth0');
      await worker();
      const own = '192.0.2.11';
      /** What bind(2) says to a program on the kernel's stack. */
      const binds = (...addresses: string[]) =>
        stand
          .get('responder', 'python3', '-c', BIND, '42042', ...addresses)
          .split(/\s/)
          .slice(0, -1);
      const p = await program('42042');
      expect(binds(own, '0.0.0.0', '10.10.43.11')).toEqual(['EADDRINUSE', 'EADDRINUSE', 'bound']);
      await p.stop('SIGKILL');
      await until(() => binds(own)[0] === 'bound', 20_000, 'the port is free');
      const other = stand.start('responder', {}, 'socat', '-u', `UDP4-RECV:42042,bind=${own}`, '-');
      started.push(other);
      await until(
        () => stand.get('responder', 'ss', '-ulnH').includes(`${own}:42042`),
        20_000,
        'socat has it',
      );
      const q = stand.start('responder', {}, process.execPath, PROGRAM, '42042');
      started.push(q);
      await q.printed(/"error":"EADDRINUSE".*kernel's stack.*"hint":"who has it: ss/);
      stand.evlnet('port', 'disable', 'eth0');
    }, 60_000);

    test('a worker that goes while it is asked is no failure, of a socket or of a responder', async () => {
      await stand.dyingWorker();
      const p = await program('42042');
      await p.stop('SIGTERM');
      await stand.dyingWorker();
      const responder = await stand.responder();
      expect(await responder.stop()).toBe(0);
    }, 60_000);

    test('goes on when the worker is killed: it becomes the worker itself', async () => {
      const w = await worker();
      const p = await program('42042');
      expect(await ask('before')).toBe('BEFORE');
      await w.stop('SIGKILL');
      await until(
        () => isWorker(p.child.pid!),
        20_000,
        () => `the program is the worker: ${p.said.out}${p.said.err}`,
      );
      await until(() => askShortly('after') === 'AFTER', 20_000, 'its socket is open again');
      expect(p.said.out).not.toMatch(/error":"/);
    }, 60_000);
  },
);
