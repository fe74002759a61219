// Where examples are run: a network namespace with a veth of its own, or a host of a lab.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environment, inHost } from '../../src/lab/exec.js';
import { labDown, labUp } from '../../src/lab/index.js';
import type { Host } from '../../src/lab/name.js';

const READY_MS = 30_000;
const GRACE_MS = 2000;

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A program under way. */
export class Program {
  out = '';
  err = '';
  readonly #child: ChildProcess;
  readonly #ended: Promise<number>;

  constructor(words: readonly string[], env: Record<string, string>, cwd: string) {
    this.#child = spawn(words[0]!, words.slice(1), {
      env: { ...process.env, ...env },
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout!.on('data', (text) => {
      this.out += text;
    });
    this.#child.stderr!.on('data', (text) => {
      this.err += text;
    });
    this.#ended = once(this.#child, 'close').then(([code]) => code ?? -1);
  }

  async end(): Promise<Ended> {
    const code = await this.#ended;
    return { code, out: this.out, err: this.err };
  }

  /** Until it printed a line, or ended. */
  async ready(): Promise<void> {
    const until = Date.now() + READY_MS;
    let isOver = false;
    void this.#ended.then(() => {
      isOver = true;
    });
    while (!isOver && !this.out.includes('\n')) {
      if (Date.now() > until) throw new Error(`it printed nothing: ${this.err}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Ctrl-C, unless it ends by itself meanwhile. */
  async interrupt(): Promise<Ended> {
    await Promise.race([this.#ended, new Promise((resolve) => setTimeout(resolve, GRACE_MS).unref())]);
    this.#child.kill('SIGINT');
    return this.end();
  }
}

/** A place to type commands in. */
export interface Place {
  start(host: string, command: string): Program;
  close(): Promise<void>;
}

/** A namespace with eth0, the end of a veth, and a state of its own. */
export function veth(name: string): Place {
  const folder = mkdtempSync(join(tmpdir(), 'evlnet-man-'));
  const ip = (...words: string[]) => execFileSync('ip', words, { stdio: 'ignore' });
  const close = async () => {
    ip('netns', 'del', name);
    rmSync(folder, { recursive: true, force: true });
  };
  ip('netns', 'add', name);
  try {
    const ends = 'link add eth0 address 02:fc:00:00:00:01 type veth peer name peer0';
    ip('-n', name, ...ends.split(' '));
    for (const dev of ['eth0', 'peer0']) ip('-n', name, 'link', 'set', dev, 'up');
  } catch (error) {
    void close();
    throw error;
  }
  const { PATH = '' } = environment(name, 'responder');
  const env = { EVLNET_STATE: join(folder, 'state.json'), PATH };
  const start = (_: string, command: string) =>
    new Program(['ip', 'netns', 'exec', name, 'sh', '-c', exec(command)], env, folder);
  return { start, close };
}

/** This machine as it is, for commands that make namespaces themselves: what they mount is not seen from others. Removes `labs`. */
export function here(labs: readonly string[]): Place {
  const folder = mkdtempSync(join(tmpdir(), 'evlnet-man-'));
  const { PATH = '' } = environment('none', 'responder');
  const env = { EVLNET_STATE: join(folder, 'state.json'), PATH };
  return {
    start: (_, command) => new Program(['sh', '-c', exec(command)], env, folder),
    close: async () => {
      rmSync(folder, { recursive: true, force: true });
      for (const name of labs) await labDown({ name });
    },
  };
}

/** The hosts of a lab. */
export async function lab(name: string): Promise<Place> {
  await labUp({ name });
  const start = (host: string, command: string) => {
    const [file, words] = inHost(name, host as Host, ['sh', '-c', exec(command)]);
    return new Program([file, ...words], environment(name, host as Host), tmpdir());
  };
  return { start, close: async () => void (await labDown({ name })) };
}

/** One program is one process, so that Ctrl-C reaches it. */
const exec = (command: string): string => (/[\n;|&<>]/.test(command) ? command : `exec ${command}`);
