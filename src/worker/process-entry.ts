// The out-of-band side as a process, for npm cap: its events come from the main loop of a process, and some of its faults end one.
import './engine.js';
import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { PcapDevice } from '../device/pcap.js';
import { EvlnetError } from '../errors.js';
import { openFifo } from '../linux/fifo.js';
import { mapPresentFile } from '../linux/mapped-file.js';
import { dieWithParent } from '../linux/parent.js';
import { BELL_LENGTH, Bell } from '../memory/bell.js';
import { Counters } from '../memory/counters.js';
import { mapCounters } from './counters-file.js';
import { LinePipe } from './line-pipe.js';
import { applyUrgency, OutOfBand } from './out-of-band.js';
import { openProcessMemory } from './process-memory.js';
import {
  type Command,
  type DeviceCommand,
  failureOf,
  MEMORY_FD,
  type ProcessData,
  WAKE_FD,
  Word,
} from './shared.js';
import { warmUp } from './warm-up.js';

const COMMANDS_FD = 0;

dieWithParent();
warmUp();
const memory = openProcessMemory(MEMORY_FD);
const pipe = new LinePipe(COMMANDS_FD);
process.on('uncaughtException', end);
try {
  const data = read() as ProcessData;
  applyUrgency(data);
  const device = new PcapDevice(data.device, memory.page);
  let taken = 0;
  const side = new OutOfBand({
    device,
    words: memory.words,
    counters: new Counters(mapCounters(data.countersFile, 'present').buffer),
    trace: memory.trace,
    suppressed: memory.suppressed,
    echoes: memory.echoes,
    neighbours: memory.neighbours,
    services: memory.services,
    bell: new Bell(mapPresentFile(data.bell.file, BELL_LENGTH).buffer),
    // Frames come from the event loop: turning without it finds none.
    spin: 0,
    nextCommand() {
      for (;;) {
        if (taken === Atomics.load(memory.words, Word.Command)) return undefined;
        taken = (taken + 1) | 0;
        const command = read() as Command | DeviceCommand;
        if (command.kind !== 'filter') return command;
        device.setFilter(command);
      }
    },
  });
  new Socket({ fd: WAKE_FD }).on('data', () => device.wake()).on('close', () => process.exit(0));
  new Socket({ fd: openFifo(data.bell.wake), writable: false }).on('data', () => device.wake());
  await side.run();
  process.exit(0);
} catch (error) {
  end(error);
}

/** The next message of the in-band side; without one there is nothing to live for. */
function read(): unknown {
  const line = pipe.next();
  if (line === undefined) process.exit(0);
  return JSON.parse(line);
}

/** Ends the process with the reason, for the in-band side to tell. */
function end(error: unknown): void {
  const reason =
    error instanceof EvlnetError
      ? error
      : new EvlnetError('EVL_THREAD', `The out-of-band process ended: ${(error as Error).message}`, {
          hint: 'its traffic is in-band again',
        });
  writeSync(WAKE_FD, JSON.stringify(failureOf(reason)));
  process.exit(1);
}
