import type { Attachment } from '../device/attachment.js';
import { EvlnetError, Exit } from '../errors.js';
import { offloads } from '../linux/ethtool.js';
import { Errno } from '../linux/libc.js';
import type { Link } from '../linux/link.js';
import { type DeviceState, deviceOptions, type StateDocument } from '../state/schema.js';
import {
  carrier,
  type PreparedInterface,
  prepareInterface,
  recoverInterface,
  UNTOUCHED,
} from './interface.js';
import type { OutOfBandSide, SideOptions } from './out-of-band-side.js';
import { SpawnedProcess } from './process.js';
import { attachAffordably, portOn, receiveQueues, SMALL_CHUNK } from './requirements.js';
import type { Spawned } from './spawn.js';
import { SpawnedThread } from './thread.js';

const MIN_CHUNKS_PER_QUEUE = 64;

export interface DriverOptions {
  readonly base: Link;
  readonly state: StateDocument;
  /** Run folder. */
  readonly folder: string;
  /** Started ahead; used up, or discarded where the driver wants another kind. */
  readonly spawned: Spawned;
}

/** A driver on its interface, ready to begin. */
export interface Driver {
  readonly attachment: Attachment;
  readonly prepared: PreparedInterface;
  /** How long the link was gone after attaching: some drivers reset (igb about 1 s). */
  readonly resetMs: number;
  /** Why it is not the driver that one would want. */
  readonly fallback?: EvlnetError;
  begin(o: SideOptions): OutOfBandSide;
}

/** The driver that the state asks for; `auto` is xdp, and pcap where that cannot be. */
export async function takeDriver(o: DriverOptions): Promise<Driver> {
  const options = deviceOptions(o.state, o.base.ifname);
  if (options.driver === 'pcap') return takePcap(o, options, undefined);
  try {
    return await takeXdp(o, options);
  } catch (error) {
    if (options.driver === 'xdp' || options.mode !== 'auto' || !isOfXdpAlone(error)) throw error;
    return takePcap(o, options, error);
  }
}

/** The better driver cannot be, and the one in its place cannot either. */
export function neitherDriver(better: EvlnetError, error: unknown): EvlnetError {
  const { message, hint } = error as EvlnetError;
  return new EvlnetError(better.code, `${better.message}; nor with the driver pcap: ${message}`, {
    exit: better.exit,
    hint: [better.hint, hint].filter((h) => h !== undefined).join('; or: '),
    cause: error,
  });
}

const UNSUPPORTED: readonly (number | undefined)[] = [Errno.EOPNOTSUPP, Errno.ENOSYS, Errno.EAFNOSUPPORT];
/** EVL_HOOK_BUSY is not among them: the hook can be made free, and what holds it may take frames that libpcap would wait for. */
const CODES = ['EVL_NO_XDP', 'EVL_XDP', 'EVL_PERMISSION', 'EVL_MTU', 'EVL_BUFSZ', 'EVL_HIDDEN_TAGS'];

/** Whether another driver could do what XDP cannot. */
const isOfXdpAlone = (error: unknown): error is EvlnetError =>
  error instanceof EvlnetError && (CODES.includes(error.code) || UNSUPPORTED.includes(error.errno));

async function takeXdp(o: DriverOptions, device: Required<DeviceState>): Promise<Driver> {
  const { base, state, folder } = o;
  const { ifname, ifindex } = base;
  const port = portOn(state, ifname) ?? ifname;
  if (device.bufsz > 2 * SMALL_CHUNK)
    throw new EvlnetError(
      'EVL_BUFSZ',
      `Cannot use buffers of ${device.bufsz} octets: AF_XDP takes 2048 or 4096`,
      { exit: Exit.Unsupported, hint: `evlnet port set ${port} bufsz 4096` },
    );
  if (device.driver === 'auto') refuseHiddenTags(ifname);
  const queues = receiveQueues(base);
  const prepared = await prepareInterface(ifname, ifindex, folder);
  try {
    const attachment = await attachAffordably({
      ifname,
      port,
      ifindex,
      mtu: base.mtu,
      queues,
      mode: device.mode,
      pool: Math.max(device.pool, queues * MIN_CHUNKS_PER_QUEUE),
      chunkSize: device.bufsz > SMALL_CHUNK ? 2 * SMALL_CHUNK : SMALL_CHUNK,
      mayShrink: state.devices[ifname]?.bufsz === undefined,
    });
    const begin = Date.now();
    if (base.lowerUp) await carrier(ifname);
    return {
      attachment,
      prepared,
      resetMs: Date.now() - begin,
      begin(options) {
        const { spawned } = o;
        const thread = spawned instanceof SpawnedThread && spawned.isAlive ? spawned : new SpawnedThread();
        if (thread !== spawned) void spawned.discard();
        return thread.begin(options, attachment.place);
      },
    };
  } catch (error) {
    prepared.restore();
    throw error;
  }
}

/** A tag that the device takes out for good is one that XDP never sees; libpcap does. */
function refuseHiddenTags(ifname: string): void {
  const { rxvlan } = offloads(ifname);
  if (rxvlan?.active && rxvlan.fixed)
    throw new EvlnetError(
      'EVL_HIDDEN_TAGS',
      `Cannot see VLAN tags on "${ifname}" by XDP: its rxvlan offload is on and fixed`,
      { exit: Exit.Unsupported },
    );
}

async function takePcap(
  o: DriverOptions,
  device: Required<DeviceState>,
  fallback: EvlnetError | undefined,
): Promise<Driver> {
  const { base, folder, spawned } = o;
  // Loaded where it is the driver: what translates filters to WebAssembly comes with it.
  const { attachPcap } = await import('../device/pcap-attachment.js');
  const { ifname, ifindex } = base;
  recoverInterface(ifname, ifindex, folder);
  const isFit = spawned instanceof SpawnedProcess && spawned.isAlive;
  const child = isFit ? spawned : new SpawnedProcess();
  if (!isFit) void spawned.discard();
  let side: OutOfBandSide | undefined;
  const attachment = attachPcap(
    {
      ifname,
      ifindex,
      pool: device.pool,
      chunkSize: chunkFor(device.bufsz),
      why: fallback?.message,
      change: async (filter) => await side?.command({ kind: 'filter', ...filter }),
    },
    child.memory.page,
  );
  return {
    attachment,
    prepared: UNTOUCHED,
    resetMs: 0,
    ...(fallback ? { fallback } : {}),
    begin(options) {
      side = child.begin(options, attachment.place);
      return side;
    },
  };
}

/** The power of two that holds `bufsz` octets. */
const chunkFor = (bufsz: number): number => Math.max(SMALL_CHUNK, 2 ** Math.ceil(Math.log2(bufsz)));
