import { EvlnetError } from '../errors.js';
import { environment, inHost } from './exec.js';
import type { Host } from './name.js';

/** A program that came to its end. */
export interface Played {
  readonly status: number;
  readonly lines: readonly string[];
}

/** A program that goes on while others run. */
export interface Running {
  readonly ended: Promise<Played>;
  /** Resolves when it has printed such a line; rejects when it ended without, or after `timeoutMs`. */
  printed(pattern: RegExp, timeoutMs: number): Promise<void>;
  /** Ctrl-C, then its end. */
  interrupt(): Promise<Played>;
}

/** Runs programs in the hosts of a lab and shows them as on the screens of people who type there. */
export class Stage {
  readonly #running = new Set<{ kill: (signal: 'SIGINT' | 'SIGTERM') => unknown; ended: Promise<unknown> }>();

  /** Once `signal` is aborted, everything that runs is ended and every method rejects with its reason. */
  constructor(
    readonly lab: string,
    readonly write: (text: string) => unknown,
    readonly signal: AbortSignal,
  ) {
    signal.addEventListener('abort', () => void this.close(), { once: true });
  }

  say(text: string): void {
    this.write(`${text}\n`);
  }

  /** Runs it to its end; an exit code other than 0 is an error unless `mayFail`. */
  async run(host: Host, argv: readonly string[], mayFail = false): Promise<Played> {
    const played = await (await this.start(host, argv)).ended;
    this.signal.throwIfAborted();
    if (played.status === 0 || mayFail) return played;
    throw failure(host, argv, `exit code ${played.status}`);
  }

  /** What it prints on stdout, without showing it. */
  async ask(host: Host, argv: readonly string[]): Promise<string> {
    const { execa } = await import('execa');
    const [file, args] = inHost(this.lab, host, argv);
    const options = { env: environment(this.lab, host), reject: false } as const;
    const { stdout, stderr, failed } = await execa(file, args, options);
    this.signal.throwIfAborted();
    if (failed) throw failure(host, argv, stderr.split('\n')[0] ?? '');
    return stdout;
  }

  /** Starts it and leaves it running. */
  async start(host: Host, argv: readonly string[]): Promise<Running> {
    const { execa } = await import('execa');
    this.signal.throwIfAborted();
    this.say(`${host}# ${argv.join(' ')}`);
    const [file, args] = inHost(this.lab, host, argv);
    // SIGKILL follows when SIGTERM was not enough.
    const forceKillAfterDelay = 3000;
    const env = environment(this.lab, host);
    const child = execa(file, args, {
      env,
      stdin: 'ignore',
      all: true,
      buffer: false,
      reject: false,
      forceKillAfterDelay,
    });

    const lines: string[] = [];
    let listen = (_: string) => {};
    const play = async (): Promise<Played> => {
      for await (const line of child.iterable({ from: 'all' })) {
        lines.push(line);
        this.say(`${host} | ${line}`.trimEnd());
        listen(line);
      }
      const { exitCode } = await child;
      this.#running.delete(entry);
      return { status: exitCode ?? -1, lines };
    };
    const ended = play();
    const entry = { kill: (signal: 'SIGINT' | 'SIGTERM') => child.kill(signal), ended };
    this.#running.add(entry);

    return {
      ended,
      printed: (pattern, timeoutMs) =>
        new Promise((resolve, reject) => {
          const refuse = (reason: string) => {
            clearTimeout(timer);
            reject(failure(host, argv, reason));
          };
          const timer = setTimeout(() => refuse(`it printed no ${pattern} in ${timeoutMs} ms`), timeoutMs);
          listen = (line) => {
            if (!pattern.test(line)) return;
            clearTimeout(timer);
            resolve();
          };
          for (const line of lines) listen(line);
          void ended.then(({ status }) => refuse(`it ended, exit code ${status}`));
        }),
      interrupt: () => {
        this.say(`${host}# ^C`);
        child.kill('SIGINT');
        return ended;
      },
    };
  }

  /** Ends whatever still runs. */
  async close(): Promise<void> {
    for (const { kill } of this.#running) kill('SIGTERM');
    await Promise.all([...this.#running].map(({ ended }) => ended));
  }
}

const failure = (host: Host, argv: readonly string[], reason: string) =>
  new EvlnetError('EVL_LAB_RUN', `Cannot run "${argv.join(' ')}" on ${host}: ${reason}`, {
    hint: 'what it said stands above',
  });
