import { randomInt } from 'node:crypto';
import { EvlnetError } from '../errors.js';
import { ECHO_CLIENTS, type Echo } from '../memory/echo-page.js';
import { type EchoSetup, TOO_LONG } from '../service/echo-client.js';
import { Refusal } from '../stack/path.js';
import type { OutOfBandSide } from './out-of-band-side.js';

const DRAIN_MS = 10;
/** Identifiers begin there: of datagrams they are the port, and that is one that nobody asked for (net.ipv4.ip_local_port_range). */
const FIRST_EPHEMERAL = 32_768;
/** Records that go in one message, so that it stays short. */
const AT_ONCE = 64;

/** What somebody wants to have asked. */
export interface EchoWanted extends Omit<EchoSetup, 'client' | 'identifier'> {
  /** Name of the port to leave by. */
  readonly port: string;
}

/** Told of answers: `totals` by `EchoTotal`. */
export type EchoSink = (totals: readonly number[], echoes: readonly Echo[]) => void;

/** Echo requests that are being sent. */
export interface EchoRun {
  /** No more of them; replies are still told. */
  enough(): Promise<void>;
  end(): Promise<void>;
}

/** Runs echo clients on the out-of-band side and carries what comes of them to those who wanted them. */
export class EchoDispatch {
  readonly #sinks = new Map<number, EchoSink>();
  #timer: NodeJS.Timeout | undefined;

  constructor(readonly outOfBand: OutOfBandSide) {}

  /** Resolves once the first request is sent. `slot`: of the port. */
  async start(wanted: EchoWanted, slot: number, sink: EchoSink): Promise<EchoRun> {
    const { port, ...rest } = wanted;
    const client = Array.from({ length: ECHO_CLIENTS }, (_, i) => i).find((i) => !this.#sinks.has(i));
    if (client === undefined)
      throw new EvlnetError('EVL_BUSY', `Cannot start another ping: ${ECHO_CLIENTS} run already`, {
        hint: 'end one of them first',
      });
    // What the one before counted is not for this sink, which is told from now on where others run.
    this.outOfBand.echoes.clear(client);
    this.#sinks.set(client, sink);
    const enough = () => this.outOfBand.command({ kind: 'ping-enough', client });
    const end = async () => {
      if (!this.#sinks.has(client)) return;
      this.drain();
      await this.outOfBand.command({ kind: 'ping-end', client });
      this.#sinks.delete(client);
      this.#setTimer();
    };
    try {
      const setup = { ...rest, client, identifier: randomInt(FIRST_EPHEMERAL, 0x1_0000) };
      await this.outOfBand.command({ kind: 'ping', setup, slot });
      const refused = this.outOfBand.echoes.refusal(client);
      if (refused !== 0) throw refusalOf(refused, port);
    } catch (error) {
      this.#sinks.delete(client);
      throw error;
    }
    this.#setTimer();
    return { enough, end };
  }

  drain(): void {
    const echoes = this.outOfBand.echoes.drain();
    for (const [client, sink] of this.#sinks) {
      const own = echoes.filter((e) => e.client === client);
      const totals = this.outOfBand.echoes.totals(client);
      do sink(totals, own.splice(0, AT_ONCE));
      while (own.length > 0);
    }
  }

  /** Hands out what is left, and stops for good. */
  close(): void {
    this.drain();
    this.#sinks.clear();
    this.#setTimer();
  }

  #setTimer(): void {
    if (this.#sinks.size > 0) this.#timer ??= setInterval(() => this.drain(), DRAIN_MS);
    else {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }
}

function refusalOf(refused: number, port: string): EvlnetError {
  if (refused === TOO_LONG)
    return new EvlnetError('EVL_MESSAGE_SIZE', `Cannot ping through "${port}": no IPv4 packet is that long`, {
      hint: 'give -s a SIZE of 65507 at most',
    });
  if (refused === Refusal.NoSource)
    return new EvlnetError('EVL_NO_ADDRESS', `Cannot ping through "${port}": it has no address`, {
      hint: `evlnet port set ${port} address 10.10.10.11/24`,
    });
  if (refused === Refusal.NotOnLink)
    return new EvlnetError(
      'EVL_ADDRESS',
      `Cannot ping through "${port}": the address is this host's own, or nobody's`,
    );
  return new EvlnetError('EVL_NO_ROUTE', `Cannot ping through "${port}": network is unreachable`, {
    hint: 'its routes may have changed meanwhile',
  });
}
