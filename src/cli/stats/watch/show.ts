import type { EvlnetError } from '../../../errors.js';
import type { Context } from '../../context.js';
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
  end(): void;
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
    const columns = io.stdout.columns ?? COLUMNS;
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
    end: () => screen.end(),
  };
}

/** A line or a block each. */
export function streamed(context: Context): Show {
  const { env, globals, io, print } = context;
  const picture = new Picture(isUtf8(env), print.style.paint);
  return {
    interval(record) {
      if (globals.json) {
        const time = globals.timestamp ? { timestamp: new Date().toISOString() } : {};
        io.stdout.write(`${JSON.stringify({ ...time, ...record })}\n`);
        return;
      }
      const lines = (text: readonly string[]) =>
        text.length > 0 &&
        io.stdout.write(`${stamp(globals.timestamp)}${text.join(globals.oneline ? '\\' : '\n')}\n`);
      const events = eventLines(record.workers);
      if (globals.brief) {
        lines(events);
        for (const port of record.stats) io.stdout.write(`${print.text(statsView, port)}\n`);
        return;
      }
      picture.add(record);
      lines([
        `per second over ${record.interval.toFixed(3)} s:`,
        ...events,
        ...picture.lines(record, io.stdout.columns ?? COLUMNS),
        ...(globals.oneline ? [] : ['']),
      ]);
    },
    problem: ({ message, hint }) => context.warn(message, hint),
    end() {},
  };
}
