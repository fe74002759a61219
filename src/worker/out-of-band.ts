// The out-of-band side. It never returns to the event loop but where its device lives there: commands are looked for between batches.
import type { Device } from '../device/device.js';
import { nowNs } from '../linux/clock.js';
import { ownThread } from '../linux/page-faults.js';
import { setAffinity, setFifo } from '../linux/sched.js';
import { Batch } from '../memory/batch.js';
import type { Bell } from '../memory/bell.js';
import { type Counters, SLOT_STRIDE } from '../memory/counters.js';
import type { EchoPage } from '../memory/echo-page.js';
import type { ServicePage } from '../memory/service-page.js';
import type { TraceRing } from '../memory/trace-ring.js';
import { EchoClient, type EchoSetup } from '../service/echo-client.js';
import { EchoClients } from '../service/echo-clients.js';
import { IcmpResponder } from '../service/icmp-responder.js';
import { udpEcho } from '../service/udp-echo.js';
import { Announcer } from '../stack/announcer.js';
import { MessageOutput } from '../stack/message-output.js';
import { Port } from '../stack/port.js';
import { SentStamps } from '../stack/sent-stamps.js';
import { Stack } from '../stack/stack.js';
import { Tracer } from '../stack/tracer.js';
import { Collections } from './collections.js';
import { Loop } from './loop.js';
import { ModuleServices } from './module-services.js';
import { type Command, type PortSetup, type Spin, type Urgency, Word } from './shared.js';
import { SocketSide } from './socket-side.js';
import { Timers } from './timers.js';

/** Where it works, and what it shares with the in-band side. */
export interface Workplace<D extends Device> {
  readonly device: D;
  readonly words: Int32Array;
  readonly counters: Counters;
  readonly trace: TraceRing;
  readonly suppressed: Int32Array;
  readonly echoes: EchoPage;
  readonly neighbours: Int32Array;
  readonly services: ServicePage;
  readonly bell: Bell;
  readonly spin: Spin | undefined;
  /** The next command that was posted, if there is one. */
  readonly nextCommand: () => Command | undefined;
}

/** To be called in the thread that will run it. */
export function applyUrgency({ cpus, priority }: Urgency): void {
  if (cpus) setAffinity([...cpus]);
  if (priority !== undefined) setFifo(priority);
}

export class OutOfBand {
  readonly #device: Device & { refused: number };
  readonly #counters: Counters;
  readonly #words: Int32Array;
  readonly #stack: Stack;
  readonly #responder: IcmpResponder;
  readonly #announcer: Announcer;
  readonly #echoes: EchoPage;
  readonly #pings = new EchoClients();
  readonly #messages: MessageOutput;
  readonly #sockets: SocketSide;
  readonly #modules: ModuleServices;
  readonly #nextCommand: () => Command | undefined;
  readonly loop: Loop;
  #slots: number[] = [];
  readonly #collections: Collections;

  constructor(o: Workplace<Device & { refused: number }>) {
    this.#device = o.device;
    this.#counters = o.counters;
    this.#words = o.words;
    const tracer = new Tracer(o.trace, o.suppressed, nowNs);
    this.#stack = new Stack(this.#device, this.#counters, tracer, o.neighbours);
    this.#responder = new IcmpResponder(this.#counters, tracer);
    this.#announcer = new Announcer(this.#device, new Batch(1), this.#counters.slots);
    this.#stack.announcer = this.#announcer;
    this.#echoes = o.echoes;
    this.#stack.icmp.push(this.#pings);
    this.#stack.datagrams.push(this.#pings);
    this.#messages = new MessageOutput(this.#stack.output, this.#counters);
    this.#sockets = new SocketSide(o.bell, this.#stack, this.#device, this.#counters);
    this.#modules = new ModuleServices(this.#stack, this.#device, o.services);
    this.#device.marks.sink = new SentStamps(this.#stack.delivery, this.#counters);
    this.#collections = new Collections(this.#counters);
    this.#nextCommand = o.nextCommand;
    this.loop = new Loop(
      this.#device,
      this.#stack,
      this.#sockets,
      this.#counters,
      o.words,
      new Timers([
        this.#announcer,
        this.#stack.reassembly,
        this.#stack.neighbours,
        this.#stack.igmp,
        this.#stack.output.pathMtus,
        this.#pings,
      ]),
      () => this.#obey(),
      o.spin,
    );
  }

  /** Runs until it is told to end, and leaves the groups: whoever has sockets in them joins again by the next worker. */
  async run(): Promise<void> {
    this.#words[Word.Thread] = ownThread();
    await this.loop.run();
    this.#stack.igmp.leaveAll(nowNs());
  }

  #obey(): Promise<void> | undefined {
    let wait: Promise<void> | undefined;
    for (;;) {
      const command = this.#nextCommand();
      if (command === undefined) return wait;
      if (command.kind === 'ports') this.#setPorts(command.ports);
      else if (command.kind === 'reset') this.#reset(command.slots);
      else if (command.kind === 'neighbours')
        for (const { slot, entries } of command.tables) this.#stack.neighbours.mirror(slot, entries, nowNs());
      else if (command.kind === 'solicit') this.#solicit(command.slot, command.address);
      else if (command.kind === 'forget') this.#stack.neighbours.forget(command.slot, command.address);
      else if (command.kind === 'forget-paths') this.#stack.output.pathMtus.keep(() => false);
      else if (command.kind === 'path-mtu')
        this.#words[Word.PathMtu] = this.#stack.output.pathMtus.find(command.address);
      else if (command.kind === 'ping') this.#ping(command.setup, command.slot);
      else if (command.kind === 'ping-enough') this.#pings.enough(command.client);
      else if (command.kind === 'ping-end') this.#pings.end(command.client);
      else if (command.kind === 'open-socket') this.#sockets.open(command);
      else if (command.kind === 'bind-socket') this.#sockets.bind(command, nowNs());
      else if (command.kind === 'close-socket') this.#sockets.close(command.id, nowNs());
      else if (command.kind === 'join-group') this.#sockets.join(command.id, command.joined);
      else if (command.kind === 'leave-group') this.#sockets.leave(command.id, command.joined, nowNs());
      else if (command.kind === 'load-service') this.#modules.load(command.id, command, this.loop);
      else if (command.kind === 'unload-service') this.#modules.unload(command.id);
      else if (command.kind === 'stamp') this.loop.stamp(command.mark);
      else if (command.kind === 'collections') wait = this.#collections.count(command.on) ?? wait;
      else if (command.how === 'throw') throw new Error('told to fail');
      else for (;;);
    }
  }

  #setPorts(setups: readonly PortSetup[]): void {
    const slots = setups.map((s) => s.vid);
    for (const slot of this.#slots)
      if (!slots.includes(slot)) {
        this.#stack.igmp.leavePort(slot, nowNs());
        this.#stack.setPort(slot, undefined);
        this.#announcer.stop(slot);
      }
    for (const setup of setups) {
      const port = new Port(setup);
      const before = this.#stack.port(setup.vid);
      port.replies = setup.responds && before?.icmp !== undefined ? before.replies : 0;
      port.trace = setup.trace;
      port.icmp = setup.responds ? this.#responder : undefined;
      port.udp = setup.udpEcho.map(udpEcho);
      this.#modules.serve(port, setup.modules);
      this.#stack.setPort(setup.vid, port);
      this.#announcer.start(port, before, nowNs());
      if (port.ownsArp) this.#stack.neighbours.setPermanent(setup.vid, setup.neighbours, nowNs());
    }
    this.#slots = slots;
    this.#modules.serveIcmp(setups);
    this.#stack.output.setRoutes(
      setups.flatMap((s) => s.routes.map((route) => ({ ...route, port: this.#stack.port(s.vid)! }))),
    );
  }

  #solicit(slot: number, address: number): void {
    const port = this.#stack.port(slot);
    if (port !== undefined) this.#stack.neighbours.solicit(port, address, nowNs());
  }

  #ping(setup: EchoSetup, slot: number): void {
    const client = new EchoClient(setup, this.#messages, this.#echoes, nowNs, () => this.#stack.port(slot));
    this.#echoes.refuse(setup.client, this.#pings.start(client, nowNs()));
  }

  /** Slot 0 stands for the device: what is counted for it as a whole goes with it. */
  #reset(slots: readonly number[]): void {
    if (slots.includes(0)) {
      this.#device.refused = 0;
      this.#counters.serviceTime.fill(0);
      for (const stage of this.#counters.stages) stage.fill(0);
    }
    for (const slot of slots) this.#counters.slots.fill(0, slot * SLOT_STRIDE, (slot + 1) * SLOT_STRIDE);
  }
}
