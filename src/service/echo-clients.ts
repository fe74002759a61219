import type { Packet } from '../stack/packet.js';
import type { Port } from '../stack/port.js';
import { type IcmpService, Outcome } from '../stack/service.js';
import { Timer } from '../stack/timer.js';
import type { EchoClient } from './echo-client.js';

/** All that ask on one device, as one. */
export class EchoClients extends Timer implements IcmpService {
  readonly name = 'ping';
  readonly #clients: EchoClient[] = [];

  /** Why it cannot start, or 0. */
  start(client: EchoClient, nowNs: number): number {
    const refused = client.start(nowNs);
    if (refused === 0) this.#clients.push(client);
    this.#schedule();
    return refused;
  }

  /** It sends no more; replies still count. */
  enough(number: number): void {
    this.#clients.find((c) => c.setup.client === number)?.enough();
    this.#schedule();
  }

  end(number: number): void {
    const i = this.#clients.findIndex((c) => c.setup.client === number);
    if (i >= 0) this.#clients.splice(i, 1);
    this.#schedule();
  }

  run(nowNs: number): void {
    const clients = this.#clients;
    for (let i = 0; i < clients.length; i++) if (clients[i]!.dueNs <= nowNs) clients[i]!.run(nowNs);
    this.#schedule();
  }

  message(p: Packet, port: Port): number {
    const clients = this.#clients;
    for (let i = 0; i < clients.length; i++) {
      const outcome = clients[i]!.message(p, port);
      if (outcome === Outcome.Pass) continue;
      this.#schedule();
      return outcome;
    }
    return Outcome.Pass;
  }

  datagram(p: Packet): number {
    const clients = this.#clients;
    for (let i = 0; i < clients.length; i++) {
      const outcome = clients[i]!.datagram(p);
      if (outcome === Outcome.Pass) continue;
      this.#schedule();
      return outcome;
    }
    return Outcome.Pass;
  }

  #schedule(): void {
    const clients = this.#clients;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < clients.length; i++) if (clients[i]!.dueNs < least) least = clients[i]!.dueNs;
    this.dueNs = least;
  }
}
