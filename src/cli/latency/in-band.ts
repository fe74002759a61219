import { fileURLToPath } from 'node:url';
import { EvlnetError } from '../../errors.js';
import { tool } from '../../lab/tool.js';
import type { System } from '../system.js';
import { Samples } from './samples.js';

/** The same size and interval through the kernel's stack, beside ours. */
export abstract class InBandIssuer {
  readonly samples = new Samples();
  /** The host says that nobody is at the UDP port. */
  isRefused = false;
  readonly #end = new AbortController();

  constructor(
    readonly host: string,
    readonly size: number,
    readonly intervalS: number,
  ) {}

  /** Resolves once it has ended, by `end`; throws where it cannot send. */
  async run(system: System, count: number | undefined): Promise<void> {
    const [program, words] = this.command(count);
    const { code, stderr } = await system.lines(program, words, this.#end.signal, (line) => this.read(line));
    // 1: no reply, which the numbers say.
    if (code > 1)
      throw new EvlnetError(
        'EVL_IN_BAND',
        `Cannot ${this.verb} ${this.host} in-band: ${stderr.trim().split('\n').at(-1)}`,
        { hint: 'name an address of the host that the kernel reaches: "ip route get ADDRESS"' },
      );
  }

  end(): void {
    this.#end.abort();
  }

  protected abstract readonly verb: string;
  protected abstract command(count: number | undefined): [program: string, words: string[]];
  protected abstract read(line: string): void;
}

/** ping(8). */
export class PingIssuer extends InBandIssuer {
  protected readonly verb = 'ping';

  protected command(count: number | undefined): [string, string[]] {
    const words = ['-n', '-i', String(this.intervalS), '-s', String(this.size)];
    return [tool('ping'), [...words, ...(count === undefined ? [] : ['-c', String(count)]), this.host]];
  }

  protected read(line: string): void {
    const [, time] = /icmp_seq=\d+ .*time=([\d.]+) ms$/.exec(line) ?? [];
    if (time !== undefined) this.samples.add(Number(time) * 1e6);
    const [, sent] = /^(\d+) packets transmitted/.exec(line) ?? [];
    if (sent !== undefined) this.samples.transmitted = Number(sent);
  }
}

/** Datagrams, by a program of ours. */
export class UdpIssuer extends InBandIssuer {
  protected readonly verb = 'send datagrams to';

  constructor(
    host: string,
    size: number,
    intervalS: number,
    readonly port: number,
  ) {
    super(host, size, intervalS);
  }

  protected command(count = 0): [string, string[]] {
    const program = fileURLToPath(new URL('./udp-issuer.js', import.meta.url));
    const numbers = [this.port, this.size, Math.round(this.intervalS * 1e9), count];
    return [process.execPath, [program, this.host, ...numbers.map(String)]];
  }

  protected read(line: string): void {
    const [word, number] = line.split(' ');
    if (word === 'time') this.samples.add(Number(number));
    if (word === 'sent') this.samples.transmitted = Number(number);
    if (word === 'refused') this.isRefused = true;
  }
}
