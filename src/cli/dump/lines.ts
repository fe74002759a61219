import type { Context } from '../context.js';
import { ownStdout, PatientWriter } from '../patient-writer.js';
import { dumpLines, dumpRecord, isoTime, sentLines, sentRecord } from './record.js';
import type { Shown } from './shown.js';

/** Prints a line a frame, or an object. */
export function toLines({ arguments: given, globals, io }: Context, ifname: string): Shown {
  const out = io.stdout === process.stdout ? new PatientWriter(ownStdout(), io.stop()) : undefined;
  const line = async (text: string): Promise<boolean> =>
    out ? out.write(Buffer.from(`${text}\n`)) : io.stdout.write(`${text}\n`) !== false;
  const hex = given.flag('hex');
  return {
    begin: async (text) => globals.json || line(text),
    show(frame, ns, reason, word) {
      const record = dumpRecord(frame, ifname, isoTime(ns), reason, hex, word);
      return line(globals.json ? JSON.stringify(record) : dumpLines(record, ns).join('\n'));
    },
    sent(octets, ns) {
      const record = sentRecord(octets, ifname, isoTime(ns), hex);
      return line(globals.json ? JSON.stringify(record) : sentLines(record, ns).join('\n'));
    },
    end: (text, totals) => line(globals.json ? JSON.stringify(totals) : text),
  };
}
