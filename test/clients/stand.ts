import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { workerFolder } from '../../src/control/run-folder.js';
import { labDown, labUp } from '../../src/lab/index.js';
import { type Host, namespace, stateFile } from '../../src/lab/name.js';
import { tool } from '../../src/lab/tool.js';
import { claimPath } from '../../src/linux/claim.js';
import { ownIdentity } from '../../src/linux/process.js';
import { command, output, type Said } from '../command.js';
import { CommandLine } from './command-line.js';

export const EVLNET = join(import.meta.dirname, '../../bin/evlnet');

/** How long a program that goes on is waited for. */
const PATIENCE_MS = 20_000;
/** Objects whose commands end by themselves. */
const SHORT = ['port', 'vlans', 'filter', 'neigh', 'route', 'stats', 'state', 'apply'];

/** A program that runs on; `said` grows while it does. */
export interface Started {
  readonly child: ChildProcess;
  readonly said: { out: string; err: string };
  /** Its exit code (null: killed by a signal), once it has ended; rejects, with what it printed, where it goes on for long. */
  readonly ended: Promise<number | null>;
  /** Resolves once its output matches; rejects when it ends before, or after 20 s. */
  printed(pattern: RegExp, patienceMs?: number): Promise<void>;
  /** Sends the signal to the program itself and resolves with its exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** A lab and what tests do in it: unmodified clients on the issuer, evlnet on the responder. */
export class Stand {
  #commands: CommandLine | undefined;

  constructor(readonly lab: string) {}

  static async up(what: string): Promise<Stand> {
    const stand = new Stand(`t${process.pid}-${what}`);
    await labUp({ name: stand.lab });
    return stand;
  }

  async down(): Promise<void> {
    this.#commands?.close();
    await labDown({ name: this.lab });
  }

  get stateFile(): string {
    return stateFile(this.lab, 'responder');
  }

  /** Where the responder's workers have their folders. */
  get runRoot(): string {
    return join(dirname(this.stateFile), 'run');
  }

  /** A worker of the responder that is about to end: who connects to it finds it gone, and its place free. */
  async dyingWorker(device = 'eth0'): Promise<void> {
    const inode = Number(this.get('responder', 'stat', '-L', '-c', '%i', '/proc/self/ns/net'));
    const folder = workerFolder(this.runRoot, device, inode);
    mkdirSync(folder, { recursive: true });
    const content = { ...ownIdentity(), device, state: this.stateFile };
    const outcome = claimPath(join(folder, 'worker.json'), content);
    if ('holder' in outcome) throw new Error('a worker is there');
    const server = createServer((socket) => {
      socket.destroy();
      server.close();
      outcome.claim.release();
    });
    await once(server.listen(join(folder, 'control.sock')), 'listening');
  }

  /** Folder of the responder's running worker. */
  folder(device = 'eth0'): string {
    return join(this.runRoot, readdirSync(this.runRoot)[0]!, device);
  }

  on(host: Host, ...argv: string[]): Said {
    const [file, args, env] = this.#command(host, argv);
    return command(file, args, { env });
  }

  /** The same, its output; throws where it fails. */
  get(host: Host, ...argv: string[]): string {
    const [file, args, env] = this.#command(host, argv);
    return output(file, args, { env });
  }

  /** Commands that end by themselves share a process. */
  evlnet(...argv: string[]): Said {
    if (!argv.some((word) => SHORT.includes(word)))
      return this.on('responder', process.execPath, EVLNET, ...argv);
    if (this.#commands === undefined) {
      const [file, args, env] = this.#command('responder', []);
      this.#commands = new CommandLine([file, ...args], env);
    }
    return this.#commands.run(argv);
  }

  json<T>(...argv: string[]): T {
    return JSON.parse(this.#done(['-j', ...argv])) as T;
  }

  /** Configures port and VLAN as the README does. */
  configure(vlans = '42', { driver = undefined as string | undefined, port = 'eth0.42' } = {}): void {
    const options = ['address', '10.10.10.11/24', ...(driver === undefined ? [] : ['driver', driver])];
    this.#done(['port', 'enable', port, ...options]);
    this.#done(['vlans', 'set', vlans]);
  }

  #done(argv: string[]): string {
    const { status, stdout, stderr } = this.evlnet(...argv);
    if (status !== 0) throw new Error(`evlnet ${argv.join(' ')} ended with ${status}: ${stdout}${stderr}`);
    return stdout;
  }

  start(host: Host, env: Record<string, string>, ...argv: string[]): Started {
    const [file, args, own] = this.#command(host, argv);
    const child = spawn(file, args, { env: { ...own, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const said = { out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said.out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said.err += text;
    });
    const closed = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
    const failure = (what: string) => new Error(`${argv.join(' ')} ${what}:\n${said.out}${said.err}`);
    const ended = () =>
      new Promise<number | null>((resolve, reject) => {
        const late = () => reject(failure(`has not ended after ${PATIENCE_MS} ms`));
        const timer = setTimeout(late, PATIENCE_MS);
        void closed.then((code) => {
          clearTimeout(timer);
          resolve(code);
        });
      });
    return {
      child,
      said,
      get ended() {
        return ended();
      },
      async printed(pattern, patienceMs = PATIENCE_MS) {
        const until = Date.now() + patienceMs;
        let isOver = false;
        void closed.then(() => {
          isOver = true;
        });
        while (!pattern.test(said.out + said.err)) {
          if (isOver || Date.now() > until) throw failure(`did not print ${pattern}`);
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      },
      stop(signal = 'SIGINT') {
        child.kill(signal);
        return ended();
      },
    };
  }

  /** `evlnet run eth0` with services, once it runs. */
  async worker(...services: string[]): Promise<Started> {
    const started = this.start('responder', {}, process.execPath, EVLNET, 'run', 'eth0', ...services);
    await started.printed(/running/);
    return started;
  }

  /** `evlnet icmp` on the responder, once it listens. `ip netns exec` becomes the program: its pid is the worker's. */
  async responder(port = 'eth0.42', ...options: string[]): Promise<Started> {
    const started = this.start('responder', {}, process.execPath, EVLNET, 'icmp', '-i', port, ...options);
    await started.printed(/listening to interface/);
    return started;
  }

  /** ping(8) from the issuer. */
  ping(...options: string[]): { transmitted: number; received: number; text: string } {
    const { stdout, stderr } = this.on('issuer', tool('ping'), '-n', ...options);
    const [, transmitted, received] = /(\d+) packets transmitted, (\d+) received/.exec(stdout) ?? [];
    return { transmitted: Number(transmitted), received: Number(received), text: stdout + stderr };
  }

  #command(host: Host, argv: readonly string[]): [string, string[], NodeJS.ProcessEnv] {
    const env = { ...process.env, EVLNET_STATE: stateFile(this.lab, host), NODE_OPTIONS: '' };
    return [tool('ip'), ['netns', 'exec', namespace(this.lab, host), ...argv], env];
  }
}

/** `wanted` within `ms`, looked for every 20 ms. */
export async function until(wanted: () => boolean, ms: number, what: string | (() => string)): Promise<void> {
  const end = Date.now() + ms;
  while (!wanted()) {
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${typeof what === 'string' ? what : what()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export interface StatsRecord {
  readonly ifname: string;
  readonly stats64: { readonly rx: Record<string, number>; readonly tx: Record<string, number> };
  readonly verdicts: Record<string, number>;
  readonly arp_learned: number;
  readonly igmp: { readonly messages: number; readonly reports: number; readonly leaves: number };
  readonly reassembled: { readonly packets: number; readonly fragments: number };
  readonly fragmented: { readonly packets: number; readonly fragments: number };
  readonly drops: Record<string, number>;
}
