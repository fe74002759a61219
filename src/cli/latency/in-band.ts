import { EvlnetError } from '../../errors.js';
import { tool } from '../../lab/tool.js';
import type { System } from '../system.js';
import { Samples } from './samples.js';

/** ping(8) beside ours: the same size, the same interval, the kernel's stack. */
export class InBandIssuer {
  readonly samples = new Samples();
  readonly #end = new AbortController();

  constructor(
    readonly host: string,
    readonly size: number,
    readonly intervalS: number,
  ) {}

  /** Resolves once it has ended, by `end`; throws where it cannot ping. */
  async run(system: System, count: number | undefined): Promise<void> {
    const { samples } = this;
    const words = ['-n', '-i', String(this.intervalS), '-s', String(this.size)];
    if (count !== undefined) words.push('-c', String(count));
    const { code, stderr } = await system.lines(
      tool('ping'),
      [...words, this.host],
      this.#end.signal,
      (line) => {
        const [, time] = /icmp_seq=\d+ .*time=([\d.]+) ms$/.exec(line) ?? [];
        if (time !== undefined) samples.add(Number(time) * 1e6);
        const [, sent] = /^(\d+) packets transmitted/.exec(line) ?? [];
        if (sent !== undefined) samples.transmitted = Number(sent);
      },
    );
    // 1: no reply, which the numbers say.
    if (code > 1)
      throw new EvlnetError(
        'EVL_IN_BAND',
        `Cannot ping ${this.host} in-band: ${stderr.trim().split('\n').at(-1)}`,
        { hint: 'name an address of the host that the kernel reaches: "ip route get ADDRESS"' },
      );
  }

  end(): void {
    this.#end.abort();
  }
}
