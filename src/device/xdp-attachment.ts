// The cold side of AF_XDP: program, maps, sockets. Made by the in-band side, which can print and wait; the hot side gets numbers.
import { setTimeout as sleep } from 'node:timers/promises';
import { Drop } from '../drop.js';
import { EvlnetError, Exit } from '../errors.js';
import { hiddenTagWatch } from '../filter/hidden-tag.js';
import { COUNTERS, HIDDEN, VLANS, XSKS, xsks } from '../filter/maps.js';
import { RULE_HITS, readHits } from '../filter/rule-hits.js';
import { TAP } from '../filter/tap.js';
import { HOOK_COUNT } from '../filter/verdict.js';
import { changes } from '../filter/vlan-table.js';
import { vlanRule } from '../filter/xdp.js';
import {
  AttachType,
  type BpfMap,
  createLink,
  createMap,
  loadProgram,
  type Program,
  XdpFlags,
} from '../linux/bpf.js';
import { close, Errno, errnoName, eventfd, must, systemError } from '../linux/libc.js';
import {
  closeUmem,
  createUmem,
  HEADROOM,
  openXsk,
  type Umem,
  type Xsk,
  type XskStatistics,
  xskStatistics,
} from '../linux/xsk.js';
import type { Attachment } from './attachment.js';
import { Decision } from './decision.js';
import { demandHardwareTimes } from './hardware-times.js';
import { watchHiddenTags } from './hidden-tag-watch.js';
import { describeHolder, isOrphaned } from './hook-holder.js';
import { HookProgram } from './hook-program.js';
import type { XdpPlace } from './xdp.js';

const EFD_NONBLOCK_CLOEXEC = 0o2004000;
/** Ethernet header, two tags. */
const FRAME_OVERHEAD = 14 + 8;
const REBIND_TRIES = 50;
const REBIND_PAUSE_MS = 20;

export type XdpMode = 'native' | 'generic';

export interface XdpOptions {
  readonly ifname: string;
  /** A port on it, for hints. */
  readonly port?: string;
  readonly ifindex: number;
  readonly mtu: number;
  /** Receive queues of the device; each gets a socket. */
  readonly queues: number;
  readonly mode: 'auto' | XdpMode;
  /** Chunks, and octets of one: 2048 or 4096. */
  readonly pool: number;
  readonly chunkSize: number;
}

export interface XdpAttachment extends Attachment {
  readonly driver: 'xdp';
  readonly mode: XdpMode;
  readonly place: XdpPlace;
  statistics(): XskStatistics;
}

const flagsOf = { native: XdpFlags.Native, generic: XdpFlags.Generic } as const;

/** Does a frame of that MTU with two tags fit a chunk, behind the room that the kernel leaves? */
export const fitsChunk = (mtu: number, chunkSize: number): boolean =>
  mtu + FRAME_OVERHEAD <= chunkSize - HEADROOM;

/** Attaches, opens a socket a queue, and starts to divert what the (still empty) VLAN table names. */
export async function attachXdp(o: XdpOptions): Promise<XdpAttachment> {
  if (!fitsChunk(o.mtu, o.chunkSize))
    throw new EvlnetError(
      'EVL_MTU',
      `Cannot attach XDP to "${o.ifname}": MTU ${o.mtu} does not fit a buffer of ${o.chunkSize} octets`,
      {
        hint:
          o.chunkSize < 4096
            ? `evlnet port set ${o.port ?? o.ifname} bufsz 4096`
            : `ip link set dev ${o.ifname} mtu ${4096 - HEADROOM - FRAME_OVERHEAD}`,
      },
    );
  const undo: (() => void)[] = [];
  const unwind = () => {
    for (const step of undo.splice(0).reverse()) step();
  };
  try {
    const maps = new Map<string, BpfMap>();
    for (const spec of [VLANS, COUNTERS, HIDDEN, TAP, xsks(o.queues)]) {
      const m = createMap(spec);
      maps.set(spec.name, m);
      undo.push(() => m.close());
    }
    const hook = new HookProgram(maps, vlanRule());
    undo.push(() => hook.close());
    let { link, mode, why } = await attachPatiently(hook.program, o);
    undo.push(() => {
      if (link >= 0) close(link);
      link = -1;
    });
    const wakeFd = must(eventfd(0, EFD_NONBLOCK_CLOEXEC), 'create an eventfd');
    undo.push(() => close(wakeFd));
    const umem = createUmem(o.pool, o.chunkSize);
    undo.push(() => closeUmem(umem));
    const { sockets, zeroCopy } = await openSockets(o, umem, mode);
    // Last in, first out would close the socket that owns the memory while others share it: the kernel counts references.
    for (const s of sockets) undo.push(() => s.close());
    sockets.forEach((s, queue) => {
      maps.get(XSKS)!.update(queue, new Uint8Array(Uint32Array.of(s.place.fd).buffer));
    });
    undo.push(watchHiddenTags(o.ifindex, loadProgram(hiddenTagWatch(), maps)));

    const decision = new Decision(hook, () => link);
    let table: Uint8Array = new Uint8Array(VLANS.maxEntries * VLANS.valueSize);
    if (!zeroCopy && mode === 'native') why = 'the driver has no zero-copy';
    const watchesTags = (isTold: boolean) => {
      const value = maps.get(HIDDEN.name)!.lookup(0);
      new DataView(value.buffer, value.byteOffset).setBigUint64(8, isTold ? 0n : 1n, true);
      maps.get(HIDDEN.name)!.update(0, value);
    };
    const statistics = (): XskStatistics =>
      sockets
        .map((s) => statisticsOf(s.place.fd, zeroCopy))
        .reduce((a, b) => ({
          rxDropped: a.rxDropped + b.rxDropped,
          rxInvalid: a.rxInvalid + b.rxInvalid,
          txInvalid: a.txInvalid + b.txInvalid,
          rxRingFull: a.rxRingFull + b.rxRingFull,
          fillRingEmpty: a.fillRingEmpty + b.fillRingEmpty,
        }));
    return {
      driver: 'xdp',
      place: {
        sockets: sockets.map((s) => s.place),
        umem: { address: umem.memory.address, length: umem.memory.length, chunkSize: o.chunkSize },
        wakeFd,
      },
      engine: 'xdp',
      mode,
      zeroCopy,
      queues: o.queues,
      pool: o.pool,
      chunkSize: o.chunkSize,
      why,
      setVlans(next) {
        const vlans = maps.get(VLANS.name)!;
        for (const vid of changes(table, next)) vlans.update(vid, next.subarray(vid * 8, vid * 8 + 8));
        table = next.slice();
      },
      async setFilter(filter, anyEthertype) {
        // What an old filter has let by is on its way up for a moment.
        if (filter !== undefined) watchesTags(false);
        try {
          await decision.change({ filter, anyEthertype });
        } finally {
          watchesTags(!decision.isFiltered);
        }
      },
      async setStamp(mark, hardware = false) {
        if (hardware) demandHardwareTimes({ ...o, mode });
        await decision.change({ stamp: { mark, boundTo: hardware ? o.ifindex : undefined } });
      },
      setTap: (isOn) => decision.change({ isTapped: isOn }),
      tapMap: () => maps.get(TAP.name)!.id,
      instructions: () => hook.instructions,
      ruleHits: () => readHits(hook.maps.get(RULE_HITS)),
      hookCounters: () => Array.from({ length: HOOK_COUNT }, (_, i) => maps.get(COUNTERS.name)!.sum(i)),
      hiddenVid: () => maps.get(HIDDEN.name)!.lookup(0)[0]! | (maps.get(HIDDEN.name)!.lookup(0)[1]! << 8),
      statistics,
      drops() {
        const s = statistics();
        return [
          [Drop.XskRxDropped, s.rxDropped],
          [Drop.XskRxRingFull, s.rxRingFull],
          [Drop.XskFillRingEmpty, s.fillRingEmpty],
          [Drop.XskBadRxDescriptor, s.rxInvalid],
          [Drop.XskBadTxDescriptor, s.txInvalid],
        ];
      },
      pause() {
        if (link >= 0) close(link);
        link = -1;
      },
      resume() {
        if (link < 0) link = attach(hook.program, { ...o, mode }).link;
      },
      close: unwind,
    };
  } catch (error) {
    unwind();
    throw error;
  }
}

/** In copy mode the kernel counts a frame that found the fill ring empty twice: here a frame is one drop. */
function statisticsOf(fd: number, zeroCopy: boolean): XskStatistics {
  const s = xskStatistics(fd);
  return zeroCopy ? s : { ...s, rxDropped: Math.max(0, s.rxDropped - s.fillRingEmpty) };
}

/** After a kill -9 the hook is held for a moment by nobody. */
async function attachPatiently(program: Program, o: XdpOptions): Promise<ReturnType<typeof attach>> {
  for (let tries = 0; ; tries++) {
    try {
      return attach(program, o);
    } catch (error) {
      const isBusy = error instanceof EvlnetError && error.code === 'EVL_HOOK_BUSY';
      if (!isBusy || tries === REBIND_TRIES || !isOrphaned(o.ifname)) throw error;
      await sleep(REBIND_PAUSE_MS);
    }
  }
}

/** Native where the driver can, else generic with the reason, unless the mode was asked for. */
function attach(program: Program, o: XdpOptions): { link: number; mode: XdpMode; why: string | undefined } {
  let why: string | undefined;
  for (const mode of o.mode === 'auto' ? (['native', 'generic'] as const) : [o.mode]) {
    const link = createLink(program, o.ifindex, AttachType.Xdp, flagsOf[mode]);
    if (link >= 0) return { link, mode, why };
    const n = -link;
    if (n === Errno.EBUSY || n === Errno.EEXIST) throw busy(o);
    if (o.mode !== 'auto' || mode === 'generic') throw refused(o, mode, n);
    why = `native XDP refused: ${reason(o, n)}`;
  }
  throw new EvlnetError('EVL_XDP', `Cannot attach XDP to "${o.ifname}"`);
}

const reason = (o: XdpOptions, n: number): string =>
  n === Errno.EOPNOTSUPP
    ? 'the driver has none'
    : n === Errno.ERANGE
      ? `MTU ${o.mtu} is too large for it`
      : errnoName(n);

function refused(o: XdpOptions, mode: XdpMode, n: number): EvlnetError {
  const act = `attach XDP to "${o.ifname}" in ${mode} mode`;
  if (n === Errno.EOPNOTSUPP)
    return systemError(act, n, {
      code: 'EVL_NO_XDP',
      exit: Exit.Unsupported,
      hint: `evlnet port set ${o.port ?? o.ifname} mode generic`,
    });
  if (n === Errno.ERANGE)
    return systemError(act, n, {
      code: 'EVL_MTU',
      hint: `lower the MTU (now ${o.mtu}), or evlnet port set ${o.port ?? o.ifname} mode generic`,
    });
  return systemError(act, n, { code: n === Errno.EPERM ? 'EVL_PERMISSION' : 'EVL_XDP' });
}

function busy({ ifname, port = ifname }: XdpOptions): EvlnetError {
  const holder = describeHolder(ifname);
  return new EvlnetError('EVL_HOOK_BUSY', `Cannot attach XDP to "${ifname}": the hook is held by ${holder}`, {
    errno: Errno.EBUSY,
    hint: `end that program, take it off: ip link set dev ${ifname} xdp off, or do without XDP: evlnet port set ${port} driver pcap`,
  });
}

/**
 * One socket a queue over one frame memory. The kernel may still be taking down those of a predecessor: for a moment the queue is held
 * (EBUSY), and its memory counts against the user's RLIMIT_MEMLOCK (ENOBUFS).
 */
async function openSockets(
  o: XdpOptions,
  umem: Umem,
  mode: XdpMode,
): Promise<{ sockets: Xsk[]; zeroCopy: boolean }> {
  const sockets: Xsk[] = [];
  let copy: 'zero-copy' | 'copy' = mode === 'native' ? 'zero-copy' : 'copy';
  const ringSize = 2 ** Math.ceil(Math.log2(Math.max(64, o.pool / o.queues)));
  try {
    for (let tries = 0; sockets.length < o.queues; ) {
      try {
        sockets.push(
          openXsk({ ifname: o.ifname, ifindex: o.ifindex, queue: sockets.length, umem, ringSize, copy }),
        );
      } catch (error) {
        const n = error instanceof EvlnetError ? error.errno : undefined;
        if (copy === 'zero-copy' && n !== Errno.EBUSY && n !== Errno.ENOBUFS && sockets.length === 0)
          copy = 'copy';
        else if ((n === Errno.EBUSY || n === Errno.ENOBUFS) && tries++ < REBIND_TRIES)
          await sleep(REBIND_PAUSE_MS);
        else throw error;
      }
    }
  } catch (error) {
    for (const s of sockets) s.close();
    throw error;
  }
  return { sockets, zeroCopy: sockets.every((s) => s.zeroCopy) };
}
