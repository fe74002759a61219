import { execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { PcapDevice } from '../../src/device/pcap.js';
import { vlanTable } from '../../src/filter/vlan-table.js';
import { Batch } from '../../src/memory/batch.js';
import { buildFrame, ISSUER, macOctets, RESPONDER } from '../build-frame.js';
import { describeIf } from '../capability.js';
import { EVLNET, until } from '../clients/stand.js';
import { openPcap } from '../device/pcap-wire.js';
import { enterNamespace, run } from '../linux/namespace.js';
import { scratch } from '../state/program.js';

const REQUEST = buildFrame({ tags: [{ vid: 42 }], icmp: {}, payload: 'x'.repeat(56) });
const BURST = 16;
const FLAPS = 90;
const DELETIONS = 30;
/** Looked at so many times at the end of each third: the heap breathes. */
const LOOKS = 10;
/** What a process grows by that keeps nothing (0 to 2.7 MiB were seen): of 30 flaps each may keep 320 KiB, what a buffer that is never let go of exceeds. */
const SLACK_KIB = 9600;
/** A young generation that grows looks like something kept: without this it were 5.5 MiB. */
const NODE_OPTIONS = '--max-semi-space-size=1';

/** Sends echo requests without a pause, and counts what comes back. */
class Prober {
  replies = 0;
  readonly #device: PcapDevice;
  readonly #timer: NodeJS.Timeout;
  readonly #batch = new Batch(BURST);

  constructor(ifname: string) {
    this.#device = openPcap(ifname);
    this.#device.page.setTable(vlanTable([42], [], Uint8Array.from(macOctets(ISSUER.mac))));
    this.#timer = setInterval(() => this.#turn(), 2);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#device.close();
  }

  #turn(): void {
    const batch = this.#batch;
    while (this.#device.receive(batch) > 0) {
      this.replies += batch.count;
      this.#device.release(batch);
    }
    const count = this.#device.reserve(batch, BURST);
    for (let i = 0; i < count; i++) {
      this.#device.arena.octets.set(REQUEST, batch.at[i]!);
      batch.length[i] = REQUEST.length;
    }
    this.#device.transmit(batch);
  }
}

describeIf(['root', 'network namespaces', 'bpf', 'cap', 'build'])('a worker on pcap, under load', () => {
  const { folder, remove } = scratch();
  const state = join(folder, 'state.json');
  let here: ReturnType<typeof enterNamespace>;
  let there: string;
  let worker: ReturnType<typeof spawn>;
  let prober: Prober;
  const said = { text: '' };
  const evlnet = (...argv: string[]) =>
    run('ip', 'netns', 'exec', there, process.execPath, EVLNET, '-state', state, ...argv);
  const batch = (lines: string[]) => execFileSync('ip', ['-batch', '-'], { input: lines.join('\n') });
  const wire = [
    `link add name p0 type veth peer name eth0 address ${RESPONDER.mac}`,
    'link set dev p0 addrgenmode none up',
    'link set dev eth0 addrgenmode none',
  ];
  const plug = () => {
    batch([...wire, `link set dev eth0 netns ${there}`]);
    run('ip', '-n', there, 'link', 'set', 'dev', 'eth0', 'up');
  };
  /** Worker and out-of-band process. */
  const processes = () => {
    const children = readFileSync(`/proc/${worker.pid}/task/${worker.pid}/children`, 'utf8');
    return [worker.pid!, ...children.trim().split(' ').map(Number)];
  };
  /** Of files there may be more or less in memory as the kernel likes, and libpcap's rings count as such. */
  const anonymousKib = () =>
    processes().map((pid) =>
      Number(/^RssAnon:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]),
    );
  const descriptors = () => processes().map((pid) => readdirSync(`/proc/${pid}/fd`).length);
  /** Anonymous KiB of each, the least seen while `turn` is done LOOKS times. */
  const least = async (turn: (i: number) => Promise<void>) => {
    let least: number[] = [];
    for (let i = 1; i <= LOOKS; i++) {
      await turn(i);
      least = anonymousKib().map((kib, of) => Math.min(kib, least[of] ?? kib));
    }
    return least;
  };
  /** By how many KiB one of them grew in each half: what is kept grows in both, a heap that finds its size in one. */
  const growth = async (count: number, turn: (i: number) => Promise<void>) => {
    const seen: number[][] = [];
    for (let third = 0; third < 3; third++) {
      for (let i = 1; i <= count / 3 - LOOKS; i++) await turn(i);
      seen.push(await least(turn));
    }
    const [before, between, after] = seen as [number[], number[], number[]];
    return Math.max(...before.map((kib, of) => Math.min(between[of]! - kib, after[of]! - between[of]!)));
  };
  const answers = async (what: string) => {
    const before = prober.replies;
    await until(() => prober.replies > before + BURST, 10_000, `answers after ${what} (${said.text})`);
  };

  beforeAll(async () => {
    here = enterNamespace();
    there = `${here.name}-w`;
    run('ip', 'netns', 'add', there);
    plug();
    evlnet('vlans', 'set', '42');
    evlnet('port', 'enable', 'eth0.42', 'address', `${RESPONDER.address}/24`, 'driver', 'pcap');
    const argv = ['netns', 'exec', there, process.execPath, EVLNET, '-state', state, 'icmp', '-i', 'eth0.42'];
    worker = spawn('ip', [...argv, '-s'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_OPTIONS },
    });
    for (const stream of [worker.stdout!, worker.stderr!])
      stream.on('data', (octets) => {
        said.text += octets;
      });
    prober = new Prober('p0');
    await answers('the start');
  }, 30_000);
  afterAll(async () => {
    prober?.close();
    const ended = new Promise((resolve) => worker.on('close', resolve));
    worker.kill('SIGKILL');
    await ended;
    run('ip', 'netns', 'del', there);
    here.leave();
    remove();
  }, 30_000);

  test(`${FLAPS} link flaps: it answers after each tenth, and has not grown`, async () => {
    const grown = await growth(FLAPS, async (i) => {
      run('ip', '-n', there, 'link', 'set', 'dev', 'eth0', 'down');
      // Long enough to be seen, or too short.
      if (i % 4 === 0) await new Promise((resolve) => setTimeout(resolve, 120));
      run('ip', '-n', there, 'link', 'set', 'dev', 'eth0', 'up');
      if (i % 10 === 0) await answers(`flap ${i}`);
    });
    expect(grown).toBeLessThan(SLACK_KIB);
  }, 60_000);

  test(`${DELETIONS} times deleted and made anew: it answers each time, and has not grown`, async () => {
    const pids = processes();
    const opened = descriptors();
    const grown = await growth(DELETIONS, async (i) => {
      run('ip', 'link', 'del', 'p0');
      if (i % 2 === 0) await new Promise((resolve) => setTimeout(resolve, 250));
      plug();
      await answers(`deletion ${i}`);
    });
    expect(grown).toBeLessThan(SLACK_KIB);
    expect(processes()).toEqual(pids);
    await until(() => `${descriptors()}` === `${opened}`, 10_000, `descriptors: ${opened}, as before`);
    const [port] = JSON.parse(evlnet('-j', 'port', 'show', 'eth0.42')) as Record<string, unknown>[];
    expect(port).toMatchObject({ operstate: 'RUNNING', driver: 'pcap', mode: 'exclusive' });
  }, 60_000);
});
