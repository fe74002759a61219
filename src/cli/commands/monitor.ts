import { setTimeout as pause } from 'node:timers/promises';
import { Exit } from '../../errors.js';
import type { Context } from '../context.js';
import { lineWriter } from '../line-writer.js';
import { changes, KINDS, merged } from '../monitor/changes.js';
import { eventText } from '../monitor/event.js';
import { Sources } from '../monitor/sources.js';

/** Between two looks: a few a second, which a worker hardly notices. */
const PAUSE_MS = 200;

/** `evlnet monitor` */
export async function run(context: Context): Promise<number> {
  const { arguments: given, io } = context;
  const named = new Set(KINDS.filter((kind) => given.flag(kind)));
  const isAll = given.flag('all') || named.size === 0;
  const kinds = isAll ? new Set(KINDS) : named;
  const stop = io.stop();
  const sources = new Sources(context, kinds);
  const out = lineWriter(io.stdout);
  try {
    let before = await sources.look();
    let lines: string[] = [];
    for (;;) {
      await pause(PAUSE_MS, undefined, { signal: stop }).catch(() => {});
      if (stop.aborted) return Exit.Ok;
      // Who does not read is not looked for either: what is told next is what there is then.
      if (lines.length === 0) {
        const after = merged(before, await sources.look());
        lines = changes(before, after)
          .filter(({ kind }) => kinds.has(kind))
          .map((change) => `${eventText(change, context, isAll)}\n`);
        before = after;
      }
      while (lines.length > 0 && out.write(lines[0]!)) lines.shift();
    }
  } finally {
    out.close();
    sources.close();
  }
}
