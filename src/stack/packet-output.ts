// Frames of applications on their way out, as packet(7) sends them: the header is theirs, the tag is the port's.
import { Drop } from '../drop.js';
import { BATCH } from '../memory/batch.js';
import { type Counters, SLOT_STRIDE, SlotCounter } from '../memory/counters.js';
import { Message, MessageFlag } from '../memory/message-ring.js';
import * as ethernet from '../wire/ethernet.js';
import { copy } from '../wire/octets.js';
import * as vlan from '../wire/vlan.js';
import type { PacketEndpoint } from './packet-endpoint.js';
import type { Port } from './port.js';
import { Errno, LATER, SocketOutput } from './socket-output.js';
import type { Transmitter } from './transmitter.js';

const HEADER = ethernet.HEADER_LENGTH;
const ADDRESSES = 2 * ethernet.ADDRESS_LENGTH;
const VID_MASK = 0x0fff;

export class PacketOutput extends SocketOutput<PacketEndpoint> {
  readonly #counts: Float64Array;

  constructor(
    device: Transmitter,
    readonly ports: { port(slot: number): Port | undefined },
    counters: Counters,
  ) {
    super(device);
    this.#counts = counters.slots;
  }

  protected override send(e: PacketEndpoint, bound: Port | undefined, at: number, length: number): number {
    const ring = e.page.sent;
    const slot = ring.get(at, Message.Vid);
    const port = slot === 0 ? bound : this.ports.port((slot - 1) & VID_MASK);
    if (port === undefined) return Errno.ENXIO;
    if (length < HEADER) return Errno.EINVAL;
    const from = ring.payloadAt(at);
    const tagLength = port.slot === 0 ? 0 : vlan.TAG_LENGTH;
    // EVL refuses the last 18 octets that fit the MTU. A tag of the application's own may go beyond it, as on Linux.
    const extra = vlan.isTpid(ethernet.ethertype(ring.view, from)) ? vlan.TAG_LENGTH : 0;
    const isTooLong = length - HEADER - extra > port.mtu;
    if (isTooLong || length + tagLength > this.device.capabilities.maxFrame) return Errno.EMSGSIZE;
    const { out } = this;
    if (out.count === BATCH) this.flush();
    if (this.device.reserve(out, 1) === 0) {
      this.#counts[port.slot * SLOT_STRIDE + Drop.NoBuffer]! += 1;
      return LATER;
    }
    const { view } = this.device.arena;
    const frame = out.at[out.count - 1]!;
    copy(ring.view, from, from + ADDRESSES, view, frame);
    copy(ring.view, from + ADDRESSES, from + length, view, frame + ADDRESSES + tagLength);
    if ((ring.get(at, Message.Flags) & MessageFlag.OwnSource) !== 0)
      ethernet.setSource(view, frame, port.macHi, port.macLo);
    if (tagLength > 0) {
      const pcp = ring.get(at, Message.Priority);
      const tci = vlan.makeTci(port.slot, pcp === 0 ? e.page.priority : (pcp - 1) & 7);
      vlan.write(view, frame + ADDRESSES, vlan.TPID_CUSTOMER, tci);
    }
    out.length[out.count - 1] = length + tagLength;
    this.mark(e, at);
    this.#counts[port.slot * SLOT_STRIDE + SlotCounter.TxPackets]! += 1;
    this.#counts[port.slot * SLOT_STRIDE + SlotCounter.TxBytes]! += length + tagLength;
    return 0;
  }

  protected override flush(): void {
    if (this.out.count > 0) this.device.transmit(this.out);
  }
}
