import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { connect } from '../../src/control/client.js';
import { describeIf } from '../capability.js';
import { EVLNET, Stand, type Started, until } from '../clients/stand.js';

const PATIENCE_MS = 20_000;

describeIf(['root', 'network namespaces', 'bpf', 'build', { command: 'ping' }])('a worker', () => {
  let stand: Stand;
  const started: Started[] = [];
  const keep = (s: Started) => {
    started.push(s);
    return s;
  };
  const isAttached = () =>
    'xdp' in (JSON.parse(stand.get('responder', 'ip', '-j', 'link', 'show', 'eth0')) as object[])[0]!;
  const rxvlan = () => /rx-vlan-offload: (\w+)/.exec(stand.get('responder', 'ethtool', '-k', 'eth0'))![1];
  /** Of a ping whose answer is waited for as long as a busy machine may take. */
  const answers = (waitS = 10) => stand.ping('-c', '1', '-W', `${waitS}`, '10.10.10.11').received === 1;
  /** The same, for who looks again or expects none. */
  const answersSoon = () => answers(0.3);
  const inBand = () => stand.ping('-c', '2', '-i', '0.1', '-W', '10', '10.10.43.11').received === 2;

  beforeAll(async () => {
    stand = await Stand.up('worker');
    stand.configure('42');
    stand.evlnet('port', 'enable', 'eth0.44', 'address', '10.10.44.11/24');
    stand.evlnet('vlans', 'add', '44');
  }, 60_000);
  afterEach(async () => {
    for (const s of started.splice(0)) await s.stop('SIGKILL');
  });
  afterAll(async () => {
    await stand?.down();
  }, 60_000);

  test('ends on Ctrl-C and leaves nothing: hook, offloads, files', async () => {
    const before = rxvlan();
    const responder = keep(await stand.responder());
    expect(isAttached()).toBe(true);
    expect(rxvlan()).toBe('off');
    expect(await responder.stop()).toBe(0);
    expect(isAttached()).toBe(false);
    expect(rxvlan()).toBe(before);
    expect(existsSync(stand.runRoot)).toBe(false);
  });

  test('takes no request before the responder is there to answer it', async () => {
    const lladdr = stand.get('responder', 'cat', '/sys/class/net/eth0/address').trim();
    const to = ['10.10.10.11', 'dev', 'eno2.42'];
    stand.get('issuer', 'ip', 'neigh', 'replace', ...to, 'lladdr', lladdr, 'nud', 'permanent');
    const pings = keep(stand.start('issuer', {}, 'ping', '-q', '-i', '0.001', '10.10.10.11'));
    const words = ['icmp', '-i', 'eth0.42', '-s', '-c', '50'];
    const responder = keep(stand.start('responder', {}, process.execPath, EVLNET, ...words));
    expect(await responder.ended).toBe(0);
    expect(responder.said.out).toMatch(/ replies, 0 dropped/);
    await pings.stop('SIGINT');
    stand.get('issuer', 'ip', 'neigh', 'del', ...to);
  }, 60_000);

  test('a second responder on one port is refused, and the first goes on', async () => {
    keep(await stand.responder());
    const { status, stderr } = stand.evlnet('icmp', '-i', 'eth0.42');
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /^Cannot start icmp-responder on "eth0.42": worker \d+ runs one there already\nHint: /,
    );
    expect(answers()).toBe(true);
  });

  test('a second "run" of one device is refused', async () => {
    const run = keep(
      stand.start(
        'responder',
        {},
        process.execPath,
        EVLNET,
        'run',
        'eth0',
        'icmp-responder',
        'udp-echo',
        '7',
      ),
    );
    await run.printed(/running/);
    expect(answers()).toBe(true);
    const { status, stderr } = stand.evlnet('run', 'eth0', 'icmp-responder');
    expect(status).toBe(2);
    expect(stderr).toContain(`${run.child.pid}`);
    expect(await run.stop()).toBe(0);
  });

  test('kill -9 under load: in-band goes on, the next one starts without help and puts the offloads back', async () => {
    const before = rxvlan();
    const doomed = keep(
      stand.start('responder', {}, process.execPath, EVLNET, 'icmp', '-i', 'eth0.42', '-s'),
    );
    await until(isAttached, PATIENCE_MS, 'the worker runs');
    const flood = keep(stand.start('issuer', {}, 'ping', '-q', '-f', '10.10.10.11'));
    await flood.printed(/^PING/);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await doomed.stop('SIGKILL');
    expect(isAttached()).toBe(false);
    expect(inBand()).toBe(true);
    expect(stand.evlnet('port', 'show', 'eth0.42').stdout).toContain('state STALE');
    const next = keep(await stand.responder());
    // Its replies come to every ping: they may fill the buffer of one before that has looked once.
    await flood.stop();
    expect(answers()).toBe(true);
    expect(await next.stop()).toBe(0);
    expect(rxvlan()).toBe(before);
    expect(existsSync(stand.runRoot)).toBe(false);
  }, 60_000);

  test.each(['throw', 'loop', 'uncaught'])(
    'fails to in-band: %s',
    async (fault) => {
      const responder = keep(
        stand.start('responder', { EVLNET_FAULTS: '1' }, process.execPath, EVLNET, 'icmp', '-i', 'eth0.42'),
      );
      await responder.printed(/listening/);
      expect(isAttached()).toBe(true);
      const client = await connect(stand.folder());
      await client.request(fault).catch(() => {});
      await until(() => !isAttached(), PATIENCE_MS, 'the hook is free');
      expect(inBand()).toBe(true);
      expect(await responder.ended).toBe(2);
      expect(responder.said.err).toMatch(/\S/);
      client.close();
    },
    60_000,
  );

  test('SIGTSTP hands the traffic back, SIGCONT takes it again', async () => {
    const responder = keep(await stand.responder());
    responder.child.kill('SIGTSTP');
    await until(() => !isAttached(), PATIENCE_MS, 'the hook is free');
    expect(inBand()).toBe(true);
    responder.child.kill('SIGCONT');
    await until(isAttached, PATIENCE_MS, 'the hook is taken');
    expect(answers()).toBe(true);
  });

  test('the link goes down and comes back', async () => {
    keep(await stand.responder());
    stand.get('responder', 'ip', 'link', 'set', 'eth0', 'down');
    expect(stand.evlnet('port', 'show', 'eth0.42').stdout).toContain('state DOWN');
    stand.get('responder', 'ip', 'link', 'set', 'eth0', 'up');
    await until(answersSoon, PATIENCE_MS, 'a ping is answered');
  }, 60_000);

  test('vlans and ports changed from another shell act before the command returns', async () => {
    keep(await stand.responder());
    expect(answers()).toBe(true);
    stand.evlnet('vlans', 'del', '42');
    expect(answersSoon()).toBe(false);
    stand.evlnet('vlans', 'add', '42');
    expect(answers()).toBe(true);
    stand.evlnet('port', 'disable', 'eth0.42');
    expect(answersSoon()).toBe(false);
    stand.configure('42,44');
    expect(answers()).toBe(true);
  });

  test('a state file edited by hand is followed; one that is wrong is reported and changes nothing', async () => {
    const responder = keep(await stand.responder());
    const text = readFileSync(stand.stateFile, 'utf8');
    writeFileSync(stand.stateFile, text.replace(/"vlans": *"[^"]*"/, '"vlans": "44"'));
    await until(() => !answersSoon(), PATIENCE_MS, 'VLAN 42 is in-band');
    writeFileSync(stand.stateFile, text.replace(/"vlans": *"[^"]*"/, '"vlans": "42-41"'));
    await responder.printed(/range is backwards|vlans/);
    writeFileSync(stand.stateFile, text);
    await until(answersSoon, PATIENCE_MS, 'VLAN 42 is out-of-band');
  }, 60_000);

  test.each(['eth0.44', undefined])(
    'who starts while requests come counts them from the first; other worker: %s',
    async (other) => {
      if (other) keep(await stand.responder(other));
      const flood = keep(stand.start('issuer', {}, 'ping', '-q', '-f', '-l', '50', '10.10.10.11'));
      const responder = keep(await stand.responder('eth0.42'));
      await until(
        () => (responder.said.out.match(/^\[\d+\]/gm)?.length ?? 0) > 200,
        PATIENCE_MS,
        '200 lines',
      );
      await flood.stop();
      expect(await responder.stop()).toBe(0);
      const { out } = responder.said;
      const lines = out.match(/^\[\d+\]/gm)!.length;
      expect(Number(/(\d+) replies/.exec(out)![1])).toBeGreaterThanOrEqual(lines);
    },
    60_000,
  );
});
