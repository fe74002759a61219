// One opening of an interface through npm cap, and what cap does not tell but its socket does: direction, losses, the end.
import { EvlnetError, Exit } from '../errors.js';
import { ignoreOutgoing, packetSocketOf, takeError, takeStatistics } from '../linux/packet-socket.js';
import { quietly } from '../linux/stderr.js';
import { type Cap, loadCap } from './cap.js';

/**
 * Every Cap and every buffer that one writes to, for good. The addon holds neither, and it leaves the handle inside a closed Cap in a list of libuv:
 * collected, both would be written to all the same.
 */
const pinned = new Set<unknown>();

export class Capture {
  readonly #cap: Cap;
  readonly #fd: number;
  /** Frames that came before the socket kept off what leaves: of those nobody knows which way they went. */
  #unsorted = 0;
  #lost = 0;
  #isOpen = true;

  /** Opens `ifname`, which is up. Each received frame is put into `landing` and told by its length. */
  constructor(
    readonly ifname: string,
    bufferLength: number,
    landing: Buffer,
    onFrame: (length: number) => void,
  ) {
    const Class = loadCap();
    this.#cap = new Class();
    pinned.add(this.#cap);
    pinned.add(landing);
    this.#cap.on('packet', (length) => {
      if (this.#unsorted > 0) this.#unsorted--;
      else onFrame(length);
    });
    const { linkType, fd } = this.#openCap(bufferLength, landing);
    this.#fd = fd;
    if (linkType !== 'ETHERNET') {
      this.close();
      throw new EvlnetError(
        'EVL_NOT_ETHERNET',
        `Cannot capture on "${ifname}": it is not an Ethernet device (${linkType})`,
        { exit: Exit.Unsupported },
      );
    }
    ignoreOutgoing(fd);
    const { frames, lost } = takeStatistics(fd);
    this.#unsorted = frames;
    this.#lost = lost;
  }

  /** cap prints a warning of its own where the interface has no IPv4 address. */
  #openCap(bufferLength: number, landing: Buffer): { linkType: string; fd: number } {
    try {
      const { result, fd } = packetSocketOf(() =>
        quietly(() => this.#cap.open(this.ifname, '', bufferLength, landing)),
      );
      return { linkType: result, fd };
    } catch (error) {
      throw cannotOpen(this.ifname, (error as Error).message);
    }
  }

  /** Throws what cap throws. */
  send(frame: Buffer, length: number): void {
    this.#cap.send(frame, length);
  }

  /** True once its interface has gone down, or away: it may stay silent for good. libpcap may have taken the error away, and then goes on by itself. */
  get hasEnded(): boolean {
    return takeError(this.#fd) !== 0;
  }

  /** Frames that found libpcap's buffer full, since the last call. */
  takeLost(): number {
    const lost = this.#lost + takeStatistics(this.#fd).lost;
    this.#lost = 0;
    return lost;
  }

  close(): void {
    if (this.#isOpen) this.#cap.close();
    this.#isOpen = false;
  }
}

function cannotOpen(ifname: string, reason: string): EvlnetError {
  const act = `Cannot capture on "${ifname}"`;
  if (/permission|not permitted/i.test(reason))
    return new EvlnetError('EVL_PERMISSION', `${act}: operation not permitted (needs CAP_NET_RAW)`, {
      hint: 'run as root, or with the ambient capability CAP_NET_RAW',
    });
  return new EvlnetError('EVL_PCAP', `${act}: ${reason.replace(`${ifname}: `, '')}`);
}
