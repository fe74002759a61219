import type { Globals } from '../globals.js';
import type { Output } from '../io.js';
import type { Paint } from './paint.js';

/** How one kind of record is shown. The record itself is what `-j` prints. */
export interface View<R extends object> {
  /** ip(8)-style lines, the first without indentation. */
  text(record: R, style: Style): readonly string[];
  /** The columns behind name and state; without it `-br` is like `-o`. */
  brief?(record: R, style: Style): Brief;
  /** A table for people, instead of text, where nothing else was asked for. */
  table?(records: readonly R[], style: Style): Promise<string>;
}

export interface Brief {
  /** Without colour: columns are counted in characters that show. */
  readonly name: string;
  readonly state: string;
  readonly rest: readonly (string | undefined)[];
  readonly paintName?: (text: string) => string;
  readonly paintState?: (text: string) => string;
}

export interface Style {
  readonly paint: Paint;
  readonly details: boolean;
  readonly statistics: boolean;
}

/** The one way from records to what the user reads: text, `-br`, `-o`, `-j`, `-p` say the same. */
export class Printer {
  readonly style: Style;

  constructor(
    private readonly globals: Readonly<Globals>,
    private readonly stdout: Output,
    paint: Paint,
  ) {
    this.style = { paint, details: globals.details, statistics: globals.statistics };
  }

  async records<R extends object>(view: View<R>, records: readonly R[]): Promise<void> {
    const { json, pretty, brief, oneline } = this.globals;
    if (json) {
      this.#line(JSON.stringify(records, undefined, pretty ? 4 : undefined));
    } else if (view.table && !brief && !oneline) {
      if (records.length > 0) this.#line(await view.table(records, this.style));
    } else {
      for (const record of records) this.#line(this.text(view, record));
    }
  }

  /** As `records`, of records that come one by one and may be many; `end` when there are no more. */
  series<R extends object>(view: View<R>): { add(record: R): void; end(): void } {
    const { json, pretty } = this.globals;
    if (!json) return { add: (record) => this.#line(this.text(view, record)), end: () => undefined };
    const [first, next, last] = pretty ? ['[\n', ',\n', '\n]'] : ['[', ',', ']'];
    let isEmpty = true;
    return {
      add: (record) => {
        const text = JSON.stringify(record, undefined, pretty ? 4 : undefined);
        this.stdout.write((isEmpty ? first : next) + (pretty ? text.replace(/^/gm, '    ') : text));
        isEmpty = false;
      },
      end: () => this.#line(isEmpty ? '[]' : last),
    };
  }

  /** A document as it is, JSON whatever was asked for. */
  document(document: object): void {
    this.#line(JSON.stringify(document, undefined, 4));
  }

  /** The text of one record, without the line feed at its end. */
  text<R extends object>(view: View<R>, record: R): string {
    if (this.globals.brief && view.brief) return columns(view.brief(record, this.style));
    // ip(8) shows the line breaks that -o takes away as a backslash.
    return view.text(record, this.style).join(this.globals.oneline || this.globals.brief ? '\\' : '\n');
  }

  #line(text: string): void {
    this.stdout.write(`${text}\n`);
  }
}

const columns = ({ name, state, rest, paintName, paintState }: Brief): string => {
  const pad = (text: string, width: number, paint = (t: string) => t) => paint(text.padEnd(width));
  const free = rest.filter((column) => column !== undefined && column !== '').join(' ');
  return `${pad(name, 16, paintName)} ${pad(state, 14, paintState)} ${free}`.trimEnd();
};
