import type { Output } from '../../io.js';
import { type LineWriter, lineWriter } from '../../line-writer.js';

// ECMA-48, and xterm's alternate screen: what was there before comes back.
const BEGIN = '\x1b[?1049h\x1b[?25l';
const END = '\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';

/** A terminal on which one picture takes the place of another. Nothing is cleared before it is written over, so that nothing flickers. */
export class Screen {
  readonly #out: LineWriter;

  constructor(readonly output: Output) {
    this.#out = lineWriter(output);
    output.write(BEGIN);
    process.on('SIGTSTP', this.#stop);
  }

  /** Ctrl-Z: the shell has the terminal as it was. Where nobody could continue it, the kernel does not stop it. */
  readonly #stop = (): void => {
    process.off('SIGTSTP', this.#stop);
    this.output.write(END);
    process.kill(process.pid, 'SIGTSTP');
    this.output.write(BEGIN);
    process.on('SIGTSTP', this.#stop);
  };

  /** As many of the lines as there is room for; each is as wide as the terminal at most. */
  draw(lines: readonly string[]): void {
    const room = this.output.rows || lines.length;
    const shown =
      lines.length <= room
        ? lines
        : [...lines.slice(0, room - 1), more(lines.length - room + 1, this.output.columns)];
    this.#out.write(`${HOME}${shown.map((line) => line + CLEAR_LINE).join('\r\n')}${CLEAR_BELOW}`);
  }

  end(): void {
    process.off('SIGTSTP', this.#stop);
    this.#out.close();
    this.output.write(END);
  }
}

const more = (count: number, columns = 0): string =>
  `... ${count} more lines`.slice(0, columns || Number.POSITIVE_INFINITY);
