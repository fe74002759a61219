import { openSync } from 'node:fs';
import { Direction, pcapngFrame, pcapngHead } from '../../capture/pcapng-writer.js';
import { namingErrors } from '../../linux/file-error.js';
import { whereTo } from '../filter/trial-view.js';
import type { Io } from '../io.js';
import { ownStdout, PatientWriter } from '../patient-writer.js';
import { stackText, verdictOf } from './record.js';
import type { Shown } from './shown.js';

/** Writes pcapng, with a comment at each frame; `-` is standard output. What else there is to say goes to stderr. */
export function toCapture(
  file: string,
  ifname: string,
  { stderr, stop }: Pick<Io, 'stderr' | 'stop'>,
): Shown {
  const open = () => (file === '-' ? ownStdout() : openSync(file, 'w'));
  const out = new PatientWriter(
    namingErrors('write capture', file, 'name another file with -w', open),
    stop(),
    file,
  );
  const say = (text: string) => void stderr.write(`${text}\n`);
  return {
    begin(text) {
      say(text);
      return out.write(pcapngHead(ifname));
    },
    show(frame, ns, reason, word) {
      const verdict = verdictOf(frame);
      const comment = `${verdict.verdict} ${whereTo(verdict)} (${reason})${stackText(word)}`;
      return out.write(pcapngFrame(frame.octets, frame.length, ns, comment, Direction.Inbound));
    },
    sent: (octets, ns) => out.write(pcapngFrame(octets, octets.length, ns, 'sent', Direction.Outbound)),
    async end(text) {
      say(text);
      return true;
    },
  };
}
