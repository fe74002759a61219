import { closeSync, openSync, writeSync } from 'node:fs';
import { pcapngFrame, pcapngHead } from '../../capture/pcapng-writer.js';
import { namingErrors } from '../../linux/file-error.js';
import type { Output } from '../io.js';
import { verdictOf, whereTo } from './record.js';
import type { Shown } from './shown.js';

const STDOUT = 1;
const nothing = new Int32Array(new SharedArrayBuffer(4));

/** Writes pcapng, with a comment at each frame; `-` is standard output. What was counted is told on `stderr`. */
export function toCapture(file: string, ifname: string, stderr: Output): Shown {
  const fd = file === '-' ? STDOUT : named(file, () => openSync(file, 'w'));
  const write = (octets: Uint8Array): boolean => named(file, () => writeAll(fd, octets));
  let isRead = write(pcapngHead(ifname));
  return {
    begin(text) {
      stderr.write(`${text}\n`);
    },
    show(frame, ns, reason) {
      const verdict = verdictOf(frame);
      const comment = `${verdict.verdict} ${whereTo(verdict)} (${reason})`;
      isRead &&= write(pcapngFrame(frame.octets, frame.length, ns, comment));
      return isRead;
    },
    end(frames, lost) {
      if (fd !== STDOUT) closeSync(fd);
      stderr.write(`${frames} frames, ${lost} lost\n`);
    },
  };
}

const named = <T>(file: string, act: () => T): T =>
  namingErrors('write capture', file, 'name another file with -w', act);

/** A pipe may be full, which is waited for: frames wait in the rings of the kernel, and are counted where those are full. False: nobody reads. */
function writeAll(fd: number, octets: Uint8Array): boolean {
  for (let at = 0; at < octets.length; )
    try {
      at += writeSync(fd, octets, at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE') return false;
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(nothing, 0, 0, 1);
    }
  return true;
}
