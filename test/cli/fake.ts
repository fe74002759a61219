import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Io } from '../../src/cli/io.js';
import { main } from '../../src/cli/main.js';
import type { System, Worker } from '../../src/cli/system.js';
import type { Reloaded } from '../../src/control/reload.js';
import type { OpenFilter } from '../../src/filter/open.js';
import type { Wanted } from '../../src/filter/verify.js';
import type { Address, Link } from '../../src/linux/link.js';
import type { KernelNeighbour } from '../../src/linux/neighbour.js';
import type { KernelRoute } from '../../src/linux/route.js';
import { Counters, PAGE_LENGTH } from '../../src/memory/counters.js';

/** A link as rtnetlink tells it; up, with a carrier, unless told. */
export const link = (ifindex: number, ifname: string, more: Partial<Link> = {}): Link => ({
  ifindex,
  ifname,
  type: 1,
  mtu: 1500,
  operstate: 'UP',
  flags: ['BROADCAST', 'MULTICAST', 'UP', 'LOWER_UP'],
  up: true,
  lowerUp: true,
  promiscuity: 0,
  lladdr: `02:fc:00:00:00:0${ifindex}`,
  broadcast: 'ff:ff:ff:ff:ff:ff',
  rxQueues: 1,
  txQueues: 1,
  ...more,
});

export const vlan = (
  ifindex: number,
  ifname: string,
  below: number,
  id: number,
  more: Partial<Link> = {},
): Link =>
  link(ifindex, ifname, {
    link: below,
    kind: 'vlan',
    vlan: { id, protocol: 0x8100 },
    lladdr: `02:fc:00:00:00:0${below}`,
    ...more,
  });

export const inet = (ifindex: number, a: number, b: number, c: number, d: number, prefix = 24): Address => ({
  ifindex,
  address: ((a << 24) | (b << 16) | (c << 8) | d) >>> 0,
  prefix,
  scope: 'global',
});

export interface Result {
  code: number;
  out: string;
  err: string;
}

async function* octetsOf(stdin: string | Uint8Array): AsyncGenerator<Uint8Array> {
  yield typeof stdin === 'string' ? new TextEncoder().encode(stdin) : stdin;
}

/** A machine of its own: state file in a folder that `close` removes, links and workers as the test sets them. */
export class FakeHost {
  readonly folder = mkdtempSync(join(tmpdir(), 'evlnet-cli-'));
  readonly stateFile = join(this.folder, 'state.json');
  links: Link[] = [
    link(1, 'lo', { type: 772, lladdr: '00:00:00:00:00:00' }),
    link(2, 'eth0'),
    link(3, 'eth1', { up: false, lowerUp: false, flags: ['BROADCAST'] }),
  ];
  addresses: Address[] = [inet(2, 192, 0, 2, 11)];
  routes: KernelRoute[] = [];
  neighbours: KernelNeighbour[] = [];
  workers: Worker[] = [];
  /** What the workers answer to a reload. */
  reloaded: Reloaded[] = [];
  /** Revisions that the workers were asked to follow. */
  readonly revisions: number[] = [];
  readonly asked: Record<string, unknown>[] = [];
  /** What the workers answer, by command. */
  answers: Record<string, (request: Record<string, unknown>) => unknown> = {};
  /** Programs that were run, and what they answer. */
  readonly commands: string[] = [];
  answer: (command: string) => { code: number; stdout?: string; stderr?: string } = () => ({ code: 0 });
  inherited: string | undefined;
  /** What the kernel says of filters. */
  verifyFilter: (filter: OpenFilter, wanted: Wanted) => void = () => {};
  env: Record<string, string> = {};
  stdin: string | Uint8Array = '';
  isTTY = false;
  /** Of the terminal. */
  size: { columns?: number; rows?: number } = {};
  /** Ctrl-C. */
  stop = new AbortController();
  /** Told of what is printed while a command goes on. */
  onOut: (text: string) => void = () => {};

  /** Runs one command line, words separated by single spaces, or a list of words. */
  async run(line: string | readonly string[]): Promise<Result> {
    const out: string[] = [];
    const err: string[] = [];
    const io: Io = {
      stdout: {
        write: (text) => {
          out.push(text);
          this.onOut(text);
        },
        isTTY: this.isTTY,
        ...this.size,
      },
      stderr: { write: (text) => err.push(text) },
      stdin: () => octetsOf(this.stdin),
      env: { EVLNET_STATE: this.stateFile, ...this.env },
      self: ['node', 'evlnet'],
      stop: () => this.stop.signal,
      system: this.#system(),
    };
    const words = typeof line === 'string' ? line.split(' ').filter((word) => word !== '') : line;
    return { code: await main(words, io), out: out.join(''), err: err.join('') };
  }

  /** The same, where it must succeed and say nothing on stderr. */
  async ok(line: string | readonly string[]): Promise<string> {
    const { code, out, err } = await this.run(line);
    if (code !== 0 || err !== '') throw new Error(`${line}: exit ${code}\n${err}`);
    return out;
  }

  /** A worker of `eth0` runs, whose page of counters `fill` fills. */
  runsWorker(fill: (counters: Counters) => void, more?: Parameters<typeof runningWorker>[1]): void {
    const folder = join(this.folder, 'eth0');
    mkdirSync(folder);
    const page = new ArrayBuffer(PAGE_LENGTH);
    fill(new Counters(page));
    writeFileSync(join(folder, 'stats'), new Uint8Array(page));
    this.workers = [runningWorker(folder, more)];
  }

  state(): Record<string, unknown> {
    return JSON.parse(readFileSync(this.stateFile, 'utf8')) as Record<string, unknown>;
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #system(): System {
    return {
      links: async () => this.links,
      addresses: async () => this.addresses,
      routes: async () => this.routes,
      neighbours: async () => this.neighbours,
      setNeighbour: async (ifindex, address, lladdr) => {
        this.neighbours = [
          ...this.neighbours.filter((n) => n.ifindex !== ifindex || n.address !== address),
          { ifindex, address, state: 0x80, lladdr },
        ];
      },
      deleteNeighbour: async (ifindex, address) => {
        const before = this.neighbours.length;
        this.neighbours = this.neighbours.filter((n) => n.ifindex !== ifindex || n.address !== address);
        return this.neighbours.length < before;
      },
      solicit: async (ifindex, address) =>
        this.neighbours.find((n) => n.ifindex === ifindex && n.address === address && (n.state & 0xc2) !== 0),
      workers: async () => this.workers,
      reload: async (_, rev) => {
        this.revisions.push(rev);
        return this.reloaded;
      },
      ask: async (folder, request) => {
        this.asked.push({ folder, ...request });
        return (this.answers[request.cmd]?.(request) ?? {}) as never;
      },
      verifyFilter: async (filter, wanted) => this.verifyFilter(filter, wanted),
      xdpHolder: async (id) => ({ id, name: 'xdp_main', pids: [{ pid: 333, comm: 'xdp-loader' }] }),
      inherited: async () => this.inherited,
      run: async (command, words) => {
        const line = [command, ...words].join(' ');
        this.commands.push(line);
        return { stdout: '', stderr: '', ...this.answer(line) };
      },
      lines: async (command, words, _signal, onLine) => {
        const line = [command, ...words].join(' ');
        this.commands.push(line);
        const { code, stdout = '', stderr = '' } = this.answer(line);
        stdout.split('\n').forEach(onLine);
        return { code, stderr };
      },
      runInherited: async (command, words) => {
        const line = [command, ...words].join(' ');
        this.commands.push(line);
        return this.answer(line).code;
      },
    };
  }
}

/** A worker of `eth0` that runs, as `port show` sees it. */
export const runningWorker = (folder: string, more: Partial<NonNullable<Worker['status']>> = {}): Worker => ({
  device: 'eth0',
  pid: 4711,
  folder,
  isAlive: true,
  status: {
    pid: 4711,
    device: 'eth0',
    ifindex: 2,
    driver: 'xdp',
    mode: 'native',
    zeroCopy: false,
    queues: 1,
    pool: 2048,
    bufsz: 4096,
    changed: [],
    rev: 1,
    filter: { engine: 'xdp', instructions: 66 },
    link: 'up',
    ports: [{ ifname: 'eth0.42', vid: 42, running: true }],
    services: [],
    ...more,
  },
});
