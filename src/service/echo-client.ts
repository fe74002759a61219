// Echo, the asking side: what ping(8) does, through the out-of-band stack.
import { EchoKind, type EchoPage, EchoTotal, TRUNCATED } from '../memory/echo-page.js';
import { NeighbourState } from '../memory/neighbour-page.js';
import type { MessageOutput } from '../stack/message-output.js';
import type { Output } from '../stack/output.js';
import type { Packet } from '../stack/packet.js';
import { Path, Refusal } from '../stack/path.js';
import type { Port } from '../stack/port.js';
import { type IcmpService, Outcome } from '../stack/service.js';
import * as icmpv4 from '../wire/icmpv4.js';
import * as ipv4 from '../wire/ipv4.js';
import { type EchoQuestion, icmpQuestion, QUESTION_HEADER, udpQuestion } from './echo-question.js';

/** Octets of payload that the longest packet has room for. */
const MAX_SIZE = 0xffff - ipv4.MIN_HEADER_LENGTH - QUESTION_HEADER;
const SEQUENCES = 0x1_0000;
/** Of a flood, where no reply comes: a hundred requests a second, as ping(8). */
const FLOOD_NS = 10e6;
/** What became of the request with a sequence number. */
const Waiting = 1;
const Answered = 2;
/** It is in no numbers. */
const Unmeasured = 3;
/** How often it is tried to have a first one answered before anything is measured, and for how long each time. */
const WARM_UPS = 3;
const WARM_UP_NS = 1e9;
const NEVER = Number.POSITIVE_INFINITY;

export interface EchoSetup {
  /** Place in the echo page. */
  readonly client: number;
  readonly destination: number;
  /** Octets of payload. */
  readonly size: number;
  /** Undefined: until told otherwise. */
  readonly count: number | undefined;
  readonly intervalNs: number;
  /** As fast as replies come. */
  readonly isFlood: boolean;
  /** Of ICMP requests; the UDP port that datagrams come from. */
  readonly identifier: number;
  /** Datagrams to that UDP port instead of ICMP requests; they have room for a sequence number, 2 octets. */
  readonly udpPort?: number | undefined;
  /** Of the first request. */
  readonly sequence: number;
  /** What is measured begins when one request, which may wait for ARP, was answered. */
  readonly warmsUp?: boolean;
}

/** Why it cannot start: a Refusal, or that no IPv4 packet is that long. */
export const TOO_LONG = 100;

export class EchoClient implements IcmpService {
  readonly name = 'ping';
  /** When to call `run` next. */
  dueNs = NEVER;
  readonly #sentNs = new Float64Array(SEQUENCES);
  readonly #state = new Uint8Array(SEQUENCES);
  readonly #path = new Path();
  readonly #question: EchoQuestion;
  readonly #message: DataView;
  #sent = 0;
  /** Without those before the measuring. */
  #measured = 0;
  #warmUps: number;
  #wasFailed = false;
  #isEnough = false;

  constructor(
    readonly setup: EchoSetup,
    readonly messages: MessageOutput,
    readonly page: EchoPage,
    readonly now: () => number,
    /** The port that it is bound to. */
    readonly portOf: () => Port | undefined,
  ) {
    this.#warmUps = setup.warmsUp ? WARM_UPS : 0;
    const { identifier, udpPort } = setup;
    this.#question = udpPort === undefined ? icmpQuestion(identifier) : udpQuestion(identifier, udpPort);
    const message = new Uint8Array(QUESTION_HEADER + Math.min(setup.size, MAX_SIZE));
    // The payload of ping(8): what number octet it is.
    for (let i = QUESTION_HEADER; i < message.length; i++) message[i] = i - QUESTION_HEADER;
    this.#message = new DataView(message.buffer);
  }

  get output(): Output {
    return this.messages.output;
  }

  /** Sends the first request. Why it cannot, or 0. */
  start(nowNs: number): number {
    const refused = this.output.find(this.#path, this.setup.destination, this.portOf());
    if (refused !== Refusal.None) return refused;
    if (this.setup.size > MAX_SIZE) return TOO_LONG;
    this.run(nowNs);
    return 0;
  }

  run(nowNs: number): void {
    const { setup, output } = this;
    this.#noteFailure();
    this.#send(nowNs);
    output.device.flush();
    if (this.#warmUps > 0) {
      this.#warmUps--;
      this.dueNs = nowNs + WARM_UP_NS;
      return;
    }
    if (this.#measured === setup.count) this.dueNs = NEVER;
    else if (setup.isFlood) this.dueNs = nowNs + FLOOD_NS;
    else this.dueNs = this.dueNs === NEVER ? nowNs + setup.intervalNs : this.#nextDueNs(nowNs);
  }

  /** In step with the first request. Behind time, it does not catch up. */
  #nextDueNs(nowNs: number): number {
    const { client, intervalNs } = this.setup;
    const overruns = Math.max(0, Math.floor((nowNs - this.dueNs) / intervalNs));
    if (overruns > 0) this.page.add(client, EchoTotal.Overruns, overruns);
    return this.dueNs + (overruns + 1) * intervalNs;
  }

  /** Sends no more; replies still count. */
  enough(): void {
    this.#isEnough = true;
    this.dueNs = NEVER;
  }

  #send(nowNs: number): void {
    const { setup, output, page } = this;
    const path = this.#path;
    const sequence = (setup.sequence + this.#sent) & 0xffff;
    this.#sent++;
    const isMeasured = this.#warmUps === 0;
    if (isMeasured) {
      this.#measured++;
      page.add(setup.client, EchoTotal.Sent, 1);
    }
    this.#state[sequence] = isMeasured ? Waiting : Unmeasured;
    if (path.generation !== output.routes.generation) {
      const refused = output.find(path, setup.destination, this.portOf());
      if (refused !== Refusal.None) return;
    }
    this.#question.write(this.#message, sequence, path.source, path.destination);
    this.#sentNs[sequence] = this.now();
    this.messages.send(path, this.#question.protocol, this.#message, nowNs);
  }

  /** Tells once that the neighbour does not answer; it is asked for again with the next request. */
  #noteFailure(): void {
    const { setup, page } = this;
    const { port, nextHop, source } = this.#path;
    const { table } = this.output.neighbours;
    const i = this.#path.isGroup ? -1 : table.find(port.slot, nextHop);
    const hasFailed = i >= 0 && table.state(i) === NeighbourState.Failed;
    if (hasFailed && !this.#wasFailed && this.#sent > 0) {
      const sequence = (setup.sequence + this.#sent - 1) & 0xffff;
      page.add(setup.client, EchoTotal.Errors, 1);
      page.push(setup.client, EchoKind.Unreachable, sequence, source, 0, 0, 0, 0);
    }
    this.#wasFailed = hasFailed;
  }

  message(p: Packet, _port: Port): number {
    const { view, l3, l4 } = p;
    if (icmpv4.isError(icmpv4.type(view, l4))) return this.#error(view, l3, l4, p.packetEnd);
    return this.#question.protocol === ipv4.Protocol.Icmp ? this.#reply(p) : Outcome.Pass;
  }

  /** The same of a datagram. */
  datagram(p: Packet): number {
    return this.#question.protocol === ipv4.Protocol.Udp ? this.#reply(p) : Outcome.Pass;
  }

  #reply(p: Packet): number {
    const { setup, page } = this;
    const { view, l3, l4 } = p;
    const { client } = setup;
    const sequence = this.#question.answered(p);
    if (sequence < 0) return Outcome.Pass;
    const source = ipv4.source(view, l3);
    // Whoever answers for a group answers in its own name.
    if (source !== setup.destination && !this.#path.isGroup) return Outcome.Pass;
    const state = this.#state[sequence]!;
    if (state === 0) return Outcome.Pass;
    if (state === Unmeasured) {
      if (this.#measured === 0 && !this.#isEnough) this.dueNs = this.now();
      this.#warmUps = 0;
      return Outcome.Done;
    }
    const ns = Math.max(0, this.now() - this.#sentNs[sequence]!);
    const isDuplicate = state === Answered;
    this.#state[sequence] = Answered;
    if (isDuplicate) page.add(client, EchoTotal.Duplicates, 1);
    else page.time(client, ns);
    const kind = isDuplicate ? EchoKind.Duplicate : EchoKind.Reply;
    if (!setup.isFlood)
      page.push(
        client,
        kind,
        sequence,
        source,
        p.packetEnd - l4,
        ipv4.ttl(view, l3),
        ns,
        this.#difference(p),
      );
    else if (this.dueNs !== NEVER) this.dueNs = 0;
    return Outcome.Done;
  }

  /** How the payload differs from what was sent, as `Echo.detail` tells. */
  #difference({ view, l4, packetEnd }: Packet): number {
    const sent = this.#message;
    if (packetEnd - l4 < sent.byteLength) return TRUNCATED;
    for (let i = QUESTION_HEADER + this.#question.numberLength; i < sent.byteLength; i++) {
      const was = view.getUint8(l4 + i);
      if (was !== sent.getUint8(i))
        return (i - QUESTION_HEADER + 1) * 0x1_0000 + sent.getUint8(i) * 256 + was;
    }
    return 0;
  }

  /** RFC 792: what it is about is in it, the first octets of it. */
  #error(view: DataView, l3: number, l4: number, end: number): number {
    const { setup, page } = this;
    const about = l4 + icmpv4.HEADER_LENGTH;
    if (end - about < ipv4.MIN_HEADER_LENGTH) return Outcome.Pass;
    const echo = about + ipv4.headerLength(view, about);
    if (end - echo < QUESTION_HEADER || ipv4.protocol(view, about) !== this.#question.protocol)
      return Outcome.Pass;
    const isOurs = ipv4.source(view, about) === this.#path.source;
    if (!isOurs || ipv4.destination(view, about) !== setup.destination) return Outcome.Pass;
    const sequence = this.#question.quoted(view, echo, end);
    if (sequence < 0 || this.#state[sequence] === 0) return Outcome.Pass;
    const type = icmpv4.type(view, l4);
    // Advice: the request went on.
    if (type !== icmpv4.Type.Redirect && type !== icmpv4.Type.SourceQuench)
      page.add(setup.client, EchoTotal.Errors, 1);
    const detail = type * 256 + icmpv4.code(view, l4);
    const rest = icmpv4.rest(view, l4);
    page.push(setup.client, EchoKind.Error, sequence, ipv4.source(view, l3), end - l4, 0, rest, detail);
    return Outcome.Done;
  }
}
