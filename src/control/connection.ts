import type { Socket } from 'node:net';
import { EvlnetError } from '../errors.js';
import { Lines, MAX_LINE } from './lines.js';
import { decode, type Event, encode, type Reply, type Request, toFailure } from './messages.js';

/** Octets that may wait for a peer that does not read, before events to it are dropped. */
const MAX_WAITING = 256 * 1024;
/** Requests of one peer under way before no more are read from it. */
const MAX_UNDER_WAY = 64;
/** How long a peer that does not read may keep its connection after the end. */
const FLUSH_MS = 50;

/** What is called for a command, by its name; what it throws goes back to the client as an error. */
export type Commands = Record<string, (request: Request, connection: Connection) => unknown>;

/** One client, as the worker sees it. */
export class Connection {
  #underWay = 0;
  #hasEnded = false;
  #isCorked = false;
  #isClosing = false;
  #isClosed = false;
  readonly #closers = new Set<() => void>();
  readonly #lines = new Lines();
  readonly #socket: Socket;
  readonly #commands: Commands;

  constructor(socket: Socket, commands: Commands) {
    this.#socket = socket;
    this.#commands = commands;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('drain', () => this.#flow());
    // The client said all it had to; it may still read.
    socket.on('end', () => {
      this.#hasEnded = true;
      this.#flow();
    });
    // EPIPE and ECONNRESET: a client that died. `close` follows.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#isClosed = true;
      for (const closer of this.#closers) closer();
      this.#closers.clear();
    });
  }

  /** Sends an event, or drops it and says false, when the peer is gone or too far behind. Never waits. */
  push(event: Event): boolean {
    if (this.#isClosed || !this.#socket.writable || this.#socket.writableLength > MAX_WAITING) return false;
    this.#write(encode(event));
    return true;
  }

  /** Calls `closer` once when the connection is over; at once if it is. Returns what ends that. */
  onClose(closer: () => void): () => void {
    if (this.#isClosed) closer();
    else this.#closers.add(closer);
    return () => void this.#closers.delete(closer);
  }

  /** Ends the connection once requests under way are answered and all is read, or after 50 ms. */
  close(): void {
    if (this.#isClosed || this.#isClosing) return;
    this.#isClosing = true;
    const timer = setTimeout(() => this.#socket.destroy(), FLUSH_MS);
    this.onClose(() => clearTimeout(timer));
    this.#flow();
  }

  #receive(chunk: Buffer): void {
    if (this.#lines.push(chunk, (line) => void this.#answer(line))) {
      this.#flow();
      return;
    }
    // Where the next message begins is not known any more.
    this.#reply({ error: toFailure(protocol(`a line is longer than ${MAX_LINE} octets`)) });
    this.#socket.pause();
    this.close();
  }

  async #answer(line: string): Promise<void> {
    const message = decode(line);
    const id = Number.isSafeInteger(message?.id) ? (message!.id as number) : undefined;
    this.#underWay++;
    try {
      if (message === undefined) throw protocol('a line is not a JSON object');
      if (id === undefined) throw protocol('a request has no id');
      const { cmd, until } = message;
      if (typeof until === 'number' && Date.now() > until) throw late(cmd);
      const isKnown = typeof cmd === 'string' && Object.hasOwn(this.#commands, cmd);
      if (!isKnown) throw unknownCommand(cmd);
      const ok = await this.#commands[cmd]!(message as Request, this);
      this.#reply({ id, ok: ok ?? {} });
    } catch (error) {
      this.#reply(id === undefined ? { error: toFailure(error) } : { id, error: toFailure(error) });
    } finally {
      this.#underWay--;
      this.#flow();
    }
  }

  #reply(reply: Reply): void {
    if (!this.#isClosed && this.#socket.writable) this.#write(encode(reply));
  }

  // A peer that does not read its replies is not read from either: then they cannot pile up.
  #flow(): void {
    if (this.#isClosed) return;
    const isOver = this.#hasEnded || this.#isClosing;
    if (isOver && this.#underWay === 0 && !this.#socket.writableEnded) this.#socket.end();
    const isFull = this.#socket.writableLength > MAX_WAITING || this.#underWay > MAX_UNDER_WAY;
    if (isFull) this.#socket.pause();
    else if (this.#socket.isPaused() && this.#socket.writable) this.#socket.resume();
  }

  // A batch of traces goes out in one writev(2).
  #write(text: string): void {
    if (!this.#isCorked) {
      this.#isCorked = true;
      this.#socket.cork();
      process.nextTick(() => {
        this.#isCorked = false;
        this.#socket.uncork();
      });
    }
    this.#socket.write(text);
  }
}

const protocol = (reason: string) => new EvlnetError('EVL_CONTROL', `Cannot read the request: ${reason}`);

const late = (cmd: unknown) =>
  new EvlnetError(
    'EVL_WORKER_SILENT',
    `Cannot do ${JSON.stringify(cmd)}: the worker came to it when its client had given up`,
  );

const unknownCommand = (cmd: unknown) =>
  new EvlnetError('EVL_CONTROL', `Cannot do ${JSON.stringify(cmd)}: this worker knows no such command`, {
    hint: 'the worker may be of another version of evlnet: start it again',
  });
