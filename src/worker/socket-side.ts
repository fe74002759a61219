// Applications' sockets, seen from the out-of-band side.
import { openFifo } from '../linux/fifo.js';
import { close, write } from '../linux/libc.js';
import { mapPresentFile } from '../linux/mapped-file.js';
import { map, unmap, viewAt } from '../linux/memory.js';
import type { Bell } from '../memory/bell.js';
import type { Counters } from '../memory/counters.js';
import { SocketPage } from '../memory/socket-page.js';
import type { Endpoint } from '../stack/endpoint.js';
import { PacketEndpoint } from '../stack/packet-endpoint.js';
import { PacketOutput } from '../stack/packet-output.js';
import type { Port } from '../stack/port.js';
import type { SocketOutput } from '../stack/socket-output.js';
import type { Stack } from '../stack/stack.js';
import type { Transmitter } from '../stack/transmitter.js';
import { type Joined, UdpEndpoint } from '../stack/udp-endpoint.js';
import { UdpOutput } from '../stack/udp-output.js';
import { isPacketBinding, type SocketBinding, type SocketPlace, type SocketSetup } from './shared.js';

/** An endpoint with what there is for its kind. */
interface Kind {
  readonly endpoint: Endpoint & { readonly binding: SocketBinding };
  /** Has it receive for other addresses; for none any more where there is no binding. */
  bind(binding: SocketBinding | undefined): void;
  drain(bound: Port | undefined): boolean;
}

interface Opened extends Kind {
  /** FIFO at which the application waits. */
  readonly wakeFd: number;
  close(): void;
}

export class SocketSide {
  readonly #sockets: Opened[] = [];
  readonly #ids: number[] = [];
  readonly #datagrams: UdpOutput;
  readonly #frames: PacketOutput;
  readonly #one = map(4096);
  /** The time, as a field: an argument of the closures below would be boxed. */
  readonly #clock = { nowNs: 0 };
  #rung: number;
  /** A socket had more to send than fits a turn. */
  #hasMore = false;
  /** An application was woken, or looks by itself, and none has sent anything since. */
  hasWoken = false;

  constructor(
    readonly bell: Bell,
    readonly stack: Stack,
    readonly device: Transmitter,
    counters: Counters,
  ) {
    this.#datagrams = new UdpOutput(device, stack, counters);
    this.#frames = new PacketOutput(device, stack, counters);
    this.#rung = bell.rung;
  }

  open({ id, binding, place }: SocketSetup): void {
    const { buffer, ...rest } = openPlace(place);
    const page = new SocketPage(buffer);
    const kind = isPacketBinding(binding)
      ? kindOf(new PacketEndpoint(page, binding), this.stack.packets, this.#frames, this.#clock)
      : kindOf(new UdpEndpoint(page, binding), this.stack.sockets, this.#datagrams, this.#clock);
    this.#sockets.push({ ...kind, ...rest });
    this.#ids.push(id);
  }

  /** Other addresses for a socket. What it sent before goes where it was sent to. */
  bind({ id, binding }: Pick<SocketSetup, 'id' | 'binding'>, nowNs: number): void {
    const socket = this.#sockets[this.#ids.indexOf(id)];
    if (socket === undefined) return;
    this.#drainAll(socket, nowNs);
    socket.bind(binding);
  }

  join(id: number, joined: Joined): void {
    const endpoint = this.#sockets[this.#ids.indexOf(id)]?.endpoint;
    if (!(endpoint instanceof UdpEndpoint)) return;
    endpoint.joined.push(joined);
    this.stack.igmp.join(joined.slot, joined.group);
  }

  leave(id: number, { slot, group }: Joined, nowNs: number): void {
    const endpoint = this.#sockets[this.#ids.indexOf(id)]?.endpoint;
    if (!(endpoint instanceof UdpEndpoint)) return;
    const i = endpoint.joined.findIndex((j) => j.slot === slot && j.group === group);
    if (i < 0) return;
    endpoint.joined.splice(i, 1);
    this.stack.igmp.leave(slot, group, nowNs);
  }

  /** What waits to be sent is sent first, as far as there are buffers. */
  close(id: number, nowNs: number): void {
    const i = this.#ids.indexOf(id);
    const [socket] = i < 0 ? [] : this.#sockets.splice(i, 1);
    if (socket === undefined) return;
    this.#ids.splice(i, 1);
    const { endpoint } = socket;
    endpoint.isClosing = true;
    this.#drainAll(socket, nowNs);
    socket.bind(undefined);
    if (endpoint instanceof UdpEndpoint)
      for (const { slot, group } of endpoint.joined) this.stack.igmp.leave(slot, group, nowNs);
    this.device.marks.forget(socket.endpoint);
    socket.close();
  }

  /** Whether an application has rung since the last `transmit`, or that one did not finish. */
  get hasWork(): boolean {
    return this.#hasMore || this.bell.rung !== this.#rung;
  }

  /** The same for every turn, cheaper: it may be a turn late, so it is not what to go to sleep by. */
  get showsWork(): boolean {
    return this.#hasMore || this.bell.hasMoved(this.#rung);
  }

  transmit(nowNs: number): void {
    this.#clock.nowNs = nowNs;
    this.#rung = this.bell.rung;
    this.#hasMore = false;
    this.hasWoken = false;
    for (let i = 0; i < this.#sockets.length; i++) if (this.#drain(this.#sockets[i]!)) this.#hasMore = true;
    this.device.flush();
  }

  /** All that waits to be sent, as far as there are buffers. */
  #drainAll(socket: Opened, nowNs: number): void {
    this.#clock.nowNs = nowNs;
    for (let turns = 0; turns < MAX_TURNS && this.#drain(socket); turns++) this.device.flush();
  }

  #drain(socket: Opened): boolean {
    const { endpoint } = socket;
    const { slot } = endpoint.binding;
    const hasMore = socket.drain(slot < 0 ? undefined : this.stack.port(slot));
    this.#tell(socket, endpoint.page.takeSender());
    return hasMore;
  }

  /** Tells applications of what came for them. */
  wakeReaders(): void {
    const { delivery } = this.stack;
    if (delivery.touchedCount === 0) return;
    for (let i = 0; i < this.#sockets.length; i++) {
      const socket = this.#sockets[i]!;
      const { endpoint } = socket;
      if (!endpoint.isTouched) continue;
      endpoint.isTouched = false;
      if (endpoint.page.isPolled) this.hasWoken = true;
      this.#tell(socket, endpoint.page.takeReceiver());
    }
    delivery.touchedCount = 0;
  }

  /** One octet; where the FIFO is full its reader has been told often enough. */
  #tell({ endpoint, wakeFd }: Opened, waits: boolean): void {
    if (!waits && !endpoint.hasNews) return;
    endpoint.hasNews = false;
    write(wakeFd, this.#one.address, 1);
    this.hasWoken = true;
  }
}

const MAX_TURNS = 64;

function kindOf<E extends Endpoint & { binding: SocketBinding }>(
  endpoint: E,
  table: { add(endpoint: E): void; remove(endpoint: E): void },
  output: SocketOutput<E>,
  clock: { readonly nowNs: number },
): Kind {
  table.add(endpoint);
  return {
    endpoint,
    bind(binding) {
      table.remove(endpoint);
      if (binding === undefined) return;
      endpoint.binding = binding;
      table.add(endpoint);
    },
    drain: (bound) => output.drain(endpoint, bound, clock.nowNs),
  };
}

function openPlace(place: SocketPlace): { buffer: ArrayBuffer; wakeFd: number; close(): void } {
  // In this process the in-band side has mapped it, and unmaps it afterwards.
  if ('address' in place)
    return { buffer: viewAt(place.address, place.length).buffer, wakeFd: place.wakeFd, close() {} };
  const mapping = mapPresentFile(place.file, place.length);
  const wakeFd = openFifo(place.wake);
  return {
    buffer: mapping.buffer,
    wakeFd,
    close() {
      close(wakeFd);
      unmap(mapping);
    },
  };
}
