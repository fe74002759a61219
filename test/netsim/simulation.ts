// Two hosts on a bad link, forty seconds of their life: one sends datagrams and pings, the other sends every datagram back.
import { EchoTotal } from '../../src/memory/echo-page.js';
import { parseIpv4 } from '../../src/wire/address.js';
import { ISSUER, RESPONDER } from '../build-frame.js';
import { type Conditions, Link } from './link.js';
import { Random } from './random.js';
import { type Datagram, SimulatedHost, UDP_PORT } from './simulated-host.js';

const MS = 1e6;
const SECOND = 1e9;
const DATAGRAMS = 200;
const INTERVAL_NS = 200 * MS;
/** No octet, some, what fits the MTU and no octet more, the longest of all. */
const SIZES = [0, 1, 18, 64, 512, 1472, 1473, 4000, 9000, 65_507];
/** Reassembly gives up after 30 s, neighbours after 3. */
const SETTLING_NS = 70 * SECOND;
const MOST_EVENTS = 1_000_000;

/** Datagrams by their octets: how many were sent, and came. */
class Ledger {
  readonly #sent = new Map<string, number>();
  readonly #came = new Map<string, number>();

  send(payload: Uint8Array): void {
    add(this.#sent, payload);
  }

  receive(payload: Uint8Array): void {
    add(this.#came, payload);
  }

  get sent(): number {
    return this.#sum((sent) => sent);
  }

  /** Each counts once however often it came. */
  get came(): number {
    return this.#sum(Math.min);
  }

  get doubled(): number {
    return this.#sum((sent, came) => (sent === 0 ? 0 : Math.max(0, came - sent)));
  }

  /** That nobody sent. */
  get invented(): number {
    return this.#sum((sent, came) => (sent === 0 ? came : 0));
  }

  #sum(of: (sent: number, came: number) => number): number {
    const keys = new Set([...this.#sent.keys(), ...this.#came.keys()]);
    return [...keys].reduce((sum, key) => sum + of(this.#sent.get(key) ?? 0, this.#came.get(key) ?? 0), 0);
  }
}

const add = (counts: Map<string, number>, payload: Uint8Array): void => {
  const key = Buffer.from(payload).toString('latin1');
  counts.set(key, (counts.get(key) ?? 0) + 1);
};

export class Simulation {
  readonly hosts: readonly [SimulatedHost, SimulatedHost];
  readonly link: Link;
  /** From the first host to the second, and back. */
  readonly there = new Ledger();
  readonly back = new Ledger();
  readonly #noise: Uint8Array;
  #now = SECOND;
  #sent = 0;
  #nextNs = SECOND;

  constructor(seed: number, conditions: Conditions) {
    const random = new Random(seed);
    this.#noise = Uint8Array.from({ length: DATAGRAMS ** 2 + 0x1_0000 }, () => random.below(256));
    const now = () => this.#now;
    this.hosts = [
      new SimulatedHost(ISSUER.mac, ISSUER.address, now),
      new SimulatedHost(RESPONDER.mac, RESPONDER.address, now),
    ];
    this.link = new Link([this.hosts[0].far, this.hosts[1].far], conditions, random);
  }

  /** All of it, until nothing moves any more. */
  run(): void {
    const [issuer] = this.hosts;
    issuer.ping(0, RESPONDER.address, 56, 100, 400 * MS);
    issuer.ping(1, RESPONDER.address, 3000, 50, 800 * MS);
    const end = this.#now + DATAGRAMS * INTERVAL_NS + SETTLING_NS;
    for (let events = 0; ; events++) {
      if (events > MOST_EVENTS) throw new Error(`something is always due at ${this.#now} ns`);
      this.link.collect(this.#now);
      const next = Math.min(this.link.dueNs, this.#nextNs, ...this.hosts.map((h) => h.dueNs));
      if (next > end) return;
      this.#now = Math.max(this.#now, next);
      if (this.#nextNs <= this.#now) this.#send();
      else if (this.link.dueNs <= this.#now) this.#turn(this.link.deliver());
      else for (const host of [0, 1]) this.#turn(host);
    }
  }

  /** Requests, replies and second replies of all pings. */
  get pings(): { sent: number; answered: number; doubled: number } {
    const totals = [0, 1].map((client) => this.hosts[0].echoes.totals(client));
    const of = (total: number) => totals.reduce((sum, t) => sum + t[total]!, 0);
    return {
      sent: of(EchoTotal.Sent),
      answered: of(EchoTotal.Received),
      doubled: of(EchoTotal.Duplicates),
    };
  }

  #send(): void {
    const payload = this.#payload(this.#sent);
    this.there.send(payload);
    this.hosts[0].send({ payload, address: parseIpv4(RESPONDER.address), port: UDP_PORT });
    this.#nextNs = ++this.#sent < DATAGRAMS ? this.#nextNs + INTERVAL_NS : Number.POSITIVE_INFINITY;
  }

  /** No two alike, but for those too short for it. */
  #payload(n: number): Uint8Array {
    const from = n * DATAGRAMS;
    return this.#noise.slice(from, from + SIZES[n % SIZES.length]!);
  }

  #turn(host: number): void {
    for (const datagram of this.hosts[host]!.turn())
      if (host === 0) this.back.receive(datagram.payload);
      else this.#return(datagram);
  }

  #return(datagram: Datagram): void {
    this.there.receive(datagram.payload);
    this.back.send(datagram.payload);
    this.hosts[1].send(datagram);
  }
}
