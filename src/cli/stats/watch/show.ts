import type { EvlnetError } from '../../../errors.js';
import type { Context } from '../../context.js';
import { lineWriter } from '../../line-writer.js';
import { stamp } from '../../stamp.js';
import { statsView } from '../view.js';
import { eventLines, Picture } from './picture.js';
import type { WatchRecord } from './record.js';
import { Screen } from './screen.js';
import { isUtf8 } from './sparkline.js';

/** Where the width is not known. */
const COLUMNS = 80;
/** What was told last stays on the screen for a while. */
const NOTES = 3;

/** How intervals are shown. */
export interface Show {
  interval(record: WatchRecord): void;
  /** Why there was nothing to look at. */
  problem(error: EvlnetError): void;
  /** With so many lines after all. */
  end(lines: readonly string[]): Promise<void>;
}

/** A picture that changes in its place. */
export function live({ io, env, print }: Context, first: WatchRecord, interval: number): Show {
  const screen = new Screen(io.stdout);
  const picture = new Picture(isUtf8(env), print.style.paint);
  const notes: string[] = [];
  const time = () => new Date().toTimeString().slice(0, 8);
  const note = (text: string) => {
    notes.push(`${time()} ${text}`);
    notes.splice(0, notes.length - NOTES);
  };
  const draw = (head: string, record: WatchRecord) => {
    // 0 where a terminal does not know its size.
    const columns = io.stdout.columns || COLUMNS;
    const top = [head, ...notes].map((line) => line.slice(0, columns));
    screen.draw([...top, ...picture.lines(record, columns)]);
  };
  draw(`${time()}, first figures in ${interval} s`, first);
  return {
    interval(record) {
      picture.add(record);
      eventLines(record.workers).forEach(note);
      draw(`${time()}, per second over ${record.interval.toFixed(3)} s`, record);
    },
    problem: ({ message }) => note(message),
    async end(lines) {
      screen.end();
      if (lines.length > 0) io.stdout.write(`${lines.join('\n')}\n`);
    },
  };
}

/** A line or a block each. */
export function streamed(context: Context): Show {
  const { env, globals, io, print } = context;
  const picture = new Picture(isUtf8(env), print.style.paint);
  // A reader that does not read loses intervals, and makes nobody wait.
  const out = lineWriter(io.stdout);
  return {
    interval(record) {
      if (globals.json) {
        const time = globals.timestamp ? { timestamp: new Date().toISOString() } : {};
        out.write(`${JSON.stringify({ ...time, ...record })}\n`);
        return;
      }
      const lines = (text: readonly string[]) =>
        text.length > 0 &&
        out.write(`${stamp(globals.timestamp)}${text.join(globals.oneline ? '\\' : '\n')}\n`);
      const events = eventLines(record.workers);
      if (globals.brief) {
        lines(events);
        for (const port of record.stats) out.write(`${print.text(statsView, port)}\n`);
        return;
      }
      picture.add(record);
      lines([
        `per second over ${record.interval.toFixed(3)} s:`,
        ...events,
        ...picture.lines(record, io.stdout.columns || COLUMNS),
        ...(globals.oneline ? [] : ['']),
      ]);
    },
    problem: ({ message, hint }) => context.warn(message, hint),
    async end(lines) {
      if (lines.length > 0) await out.end(`${lines.join('\n')}\n`);
      out.close();
    },
  };
}
