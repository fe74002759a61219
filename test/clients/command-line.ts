import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Said } from '../command.js';

const PROGRAM = join(import.meta.dirname, 'command-server.mjs');
const PATIENCE_MS = 60_000;
const pause = new Int32Array(new SharedArrayBuffer(4));

/** Command lines of evlnet in a process that stays, for commands that end by themselves; `run` waits as spawnSync does. */
export class CommandLine {
  readonly #folder = mkdtempSync(join(tmpdir(), 'evlnet-commands-'));
  readonly #child: ChildProcess;
  readonly #requests: number;
  readonly #answers: number;

  /** `inPlace` are the words that put a program into its namespace. */
  constructor(inPlace: readonly string[], env: NodeJS.ProcessEnv) {
    const paths = ['requests', 'answers'].map((name) => join(this.#folder, name));
    execFileSync('mkfifo', paths);
    const [file, ...args] = [...inPlace, process.execPath, PROGRAM, ...paths];
    this.#child = spawn(file!, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
    // Open at once, whether the other end is there or not.
    this.#requests = openSync(paths[0]!, 'r+');
    this.#answers = openSync(paths[1]!, constants.O_RDONLY | constants.O_NONBLOCK);
  }

  run(argv: readonly string[]): Said {
    writeSync(this.#requests, `${JSON.stringify(argv)}\n`);
    const until = Date.now() + PATIENCE_MS;
    const octets = Buffer.alloc(1 << 16);
    let answer = '';
    while (!answer.endsWith('\n')) {
      const count = this.#read(octets);
      if (count > 0) answer += octets.toString('latin1', 0, count);
      else if (Date.now() > until) throw new Error(`no answer to: evlnet ${argv.join(' ')}`);
      else Atomics.wait(pause, 0, 0, 1);
    }
    return JSON.parse(Buffer.from(answer, 'latin1').toString()) as Said;
  }

  #read(into: Buffer): number {
    try {
      return readSync(this.#answers, into);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
      throw error;
    }
  }

  close(): void {
    this.#child.kill('SIGKILL');
    closeSync(this.#requests);
    closeSync(this.#answers);
    rmSync(this.#folder, { recursive: true });
  }
}
