import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { PcapPlace } from '../device/pcap.js';
import { EvlnetError } from '../errors.js';
import { Counters } from '../memory/counters.js';
import { mapCounters } from './counters-file.js';
import { OutOfBandSide, type SideOptions } from './out-of-band-side.js';
import { createProcessMemory, openProcessMemory, type ProcessMemory } from './process-memory.js';
import { type Command, type DeviceCommand, type Failure, type ProcessData, WAKE_FD } from './shared.js';

const ENTRY = fileURLToPath(new URL('./process-entry.js', import.meta.url));

/**
 * A process started ahead of its work: it loads and warms up meanwhile. npm cap wants a main thread of its own, and what goes wrong in there must not
 * take the in-band side along. It ends with this process; who does not use it must discard it.
 */
export class SpawnedProcess {
  readonly driver = 'pcap';
  readonly memory: ProcessMemory;
  readonly #child: ChildProcess;

  constructor() {
    const fd = createProcessMemory();
    // A session of its own: Ctrl-C and Ctrl-Z are for the in-band side, which tells what they mean.
    this.#child = spawn(process.execPath, [ENTRY], {
      detached: true,
      stdio: ['pipe', 'ignore', 'inherit', 'pipe', fd],
    });
    this.memory = openProcessMemory(fd);
    this.#child.on('error', () => {});
    for (const end of [commandsOf(this.#child), wakeOf(this.#child)]) {
      end.on('error', () => {});
      end.unref();
    }
    this.#child.unref();
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  begin(o: SideOptions, device: PcapPlace): OutOfBandSide {
    return new OutOfBandProcess(o, device, this.#child, this.memory);
  }

  async discard(): Promise<void> {
    this.#child.kill('SIGKILL');
  }
}

const commandsOf = (child: ChildProcess): Writable & Socket => child.stdio[0] as Writable & Socket;
const wakeOf = (child: ChildProcess): Readable & Socket => child.stdio[WAKE_FD] as Readable & Socket;

class OutOfBandProcess extends OutOfBandSide {
  readonly ended: Promise<Error | undefined>;
  #isKilled = false;

  constructor(
    o: SideOptions,
    device: PcapPlace,
    readonly child: ChildProcess,
    memory: ProcessMemory,
  ) {
    super({ ...memory, counters: new Counters(mapCounters(o.countersFile, 'new').buffer) });
    const { countersFile, cpus, priority } = o;
    const { file, wake } = o.bell;
    const data: ProcessData = { countersFile, bell: { file, wake }, device, cpus, priority };
    this.#write(data);
    child.ref();
    let said = '';
    wakeOf(child)
      .setEncoding('utf8')
      .on('data', (text: string) => {
        said += text;
      });
    this.ended = new Promise((resolve) => {
      // One that was told to end and took too long is no failure of its own, as with a thread.
      child.on('close', (code, signal) =>
        resolve(this.#isKilled && said === '' ? undefined : failureIn(said, code, signal)),
      );
    });
  }

  get sharesMemory(): boolean {
    return false;
  }

  protected post(command: Command | DeviceCommand): void {
    this.#write(command);
  }

  protected wake(): void {
    wakeOf(this.child).write('\n');
  }

  protected kill(): void {
    this.#isKilled = true;
    this.child.kill('SIGKILL');
  }

  #write(message: ProcessData | Command | DeviceCommand): void {
    commandsOf(this.child).write(`${JSON.stringify(message)}\n`);
  }
}

function failureIn(said: string, code: number | null, signal: string | null): Error | undefined {
  if (said !== '') {
    const { failure } = JSON.parse(said) as Failure;
    return new EvlnetError(failure.code, failure.message, failure);
  }
  return code === 0 ? undefined : new Error(signal === null ? `exit code ${code}` : `killed by ${signal}`);
}
