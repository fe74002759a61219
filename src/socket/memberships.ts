import { isGone } from '../control/client.js';
import { Errno } from '../linux/libc.js';
import type { Joined, UdpBinding } from '../stack/udp-endpoint.js';
import { statePath } from '../state/path.js';
import { isMulticast, readIpv4 } from '../wire/address.js';
import { MAX_MEMBERSHIPS } from '../worker/socket-groups.js';
import { type Act, ofSystemCall, refusal } from './errors.js';
import { groupPort } from './group-port.js';
import type { Lease } from './lease.js';
import type { SocketOptions } from './socket-options.js';

const JOIN: Act = { act: 'join the group', syscall: 'addMembership' };
const LEAVE: Act = { act: 'leave the group', syscall: 'dropMembership' };
const CHOOSE: Act = { act: 'send through that interface', syscall: 'setMulticastInterface' };

/** The worker ends: it has let go of the socket, or of the connection. */
const isLost = (error: unknown): boolean => isGone(error) || (error as { code?: string }).code === 'EBADF';

/** The groups that a socket has joined, or is to join once it is bound; at whatever worker. */
export class Memberships {
  readonly #joined: Joined[] = [];
  /** Those that the worker was asked for. */
  #asked = new Set<Joined>();
  /** Joins that the worker has not answered yet, and what waits for them. */
  #joining = 0;
  readonly #delayed: (() => void)[] = [];

  constructor(
    readonly lease: Lease<UdpBinding>,
    readonly options: Pick<SocketOptions, 'ifname' | 'state'>,
    readonly onError: (error: Error) => void,
  ) {}

  get count(): number {
    return this.#joined.length;
  }

  /** Something waits for a join. */
  get isDelaying(): boolean {
    return this.#delayed.length > 0;
  }

  /** Acts at once, or as soon as the worker knows of all groups that were joined before: who sends to one then is heard by its members here. */
  whenJoined(act: () => void): void {
    if (this.#joining === 0) act();
    else this.#delayed.push(act);
  }

  /** Fails at once as IP_ADD_MEMBERSHIP would. Returns an address of the port, 0 where it has none: where the socket is to be bound. */
  add(group: string, named: string | undefined): number {
    const { port, joined } = this.#read(JOIN, group, named);
    if (this.#find(joined) >= 0)
      throw refusal(JOIN, Errno.EADDRINUSE, 'it is joined already', 'dropMembership()');
    if (this.#joined.length >= MAX_MEMBERSHIPS)
      throw refusal(
        JOIN,
        Errno.ENOBUFS,
        `a socket joins ${MAX_MEMBERSHIPS} at most, as on Linux`,
        'another socket',
      );
    this.#joined.push(joined);
    this.lease.whenBound(() => void this.joinAll().catch(this.onError));
    return port.addresses[0]?.address ?? 0;
  }

  drop(group: string, named: string | undefined): void {
    const { joined } = this.#read(LEAVE, group, named);
    const i = this.#find(joined);
    if (i < 0) throw refusal(LEAVE, Errno.EADDRNOTAVAIL, 'it is not joined', 'addMembership()');
    const [left] = this.#joined.splice(i, 1);
    if (!this.#asked.delete(left!)) return;
    void this.#request('leave-group', joined).catch((e: Error) => {
      if (!isLost(e)) this.onError(ofSystemCall(e, LEAVE));
    });
  }

  /** The slot of a port for multicasts to leave by, -1 for what the route says; fails as IP_MULTICAST_IF would. */
  slotOf(named: string): number {
    if (readIpv4(named) === 0) return -1;
    return this.#portOf(named, CHOOSE, Errno.EADDRNOTAVAIL).vid;
  }

  /** Those that the worker has not been asked for. */
  async joinAll(): Promise<void> {
    const missing = this.#joined.filter((j) => !this.#asked.has(j));
    await Promise.all(missing.map((j) => this.#join(j)));
  }

  /** The worker is gone: the next one knows of none. */
  lose(): void {
    this.#asked = new Set();
  }

  #read(act: Act, group: string, named: string | undefined) {
    const address = readIpv4(group);
    if (address === undefined || !isMulticast(address))
      throw refusal(act, Errno.EINVAL, `"${group}" is none`, 'groups are 224.0.0.0 to 239.255.255.255');
    const port = this.#portOf(named, act, Errno.ENODEV);
    return { port, joined: { slot: port.vid, group: address } };
  }

  #portOf(named: string | undefined, act: Act, errno: number) {
    const { ifname, state } = this.options;
    const { device } = this.lease;
    return groupPort({ named, bound: ifname, device }, statePath(state).file, act, errno);
  }

  #find({ slot, group }: Joined): number {
    return this.#joined.findIndex((j) => j.slot === slot && j.group === group);
  }

  /** One that fails is none; where the worker is gone, it is joined anew at the next one. */
  async #join(joined: Joined): Promise<void> {
    this.#joining++;
    this.#asked.add(joined);
    try {
      await this.#request('join-group', joined);
    } catch (error) {
      if (isLost(error)) return;
      const i = this.#joined.indexOf(joined);
      if (i >= 0) this.#joined.splice(i, 1);
      this.#asked.delete(joined);
      throw ofSystemCall(error as Error, JOIN);
    } finally {
      if (--this.#joining === 0) {
        for (const act of this.#delayed.splice(0)) act();
        this.lease.keep();
      }
    }
  }

  #request(command: string, { slot, group }: Joined): Promise<unknown> {
    return this.lease.request(command, { slot, group });
  }
}
