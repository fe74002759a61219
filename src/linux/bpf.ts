import { readFileSync } from 'node:fs';
import { lineInfo } from '../bpf/btf-writer.js';
import { encode, type MapSpec, type ProgramSpec } from '../bpf/program.js';
import { EvlnetError } from '../errors.js';
import { close, Errno, errno, syscall, systemError } from './libc.js';
import { type Mapping, map, unmap } from './memory.js';

export const SYS_BPF = process.arch === 'arm64' ? 280 : 321;

/** enum bpf_cmd. */
const Command = {
  MapCreate: 0,
  MapLookup: 1,
  MapUpdate: 2,
  MapDelete: 3,
  ProgLoad: 5,
  ObjPin: 6,
  ProgTestRun: 10,
  BtfLoad: 18,
  MapFreeze: 22,
  LinkCreate: 28,
  LinkUpdate: 29,
} as const;

/** enum bpf_attach_type. */
export const AttachType = { Xdp: 37, TcxIngress: 46, TcxEgress: 47 } as const;
/** XDP_FLAGS of <linux/if_link.h>. */
export const XdpFlags = { Generic: 1 << 1, Native: 1 << 2 } as const;

// One permanent page each for the attribute and for keys and values: nothing to keep alive for the kernel.
const scratch = map(64 * 1024);
const ATTR = scratch.address;
const attr = scratch.view;
const KEY = 4096;
const VALUE = 8192;
const VALUE_LENGTH = scratch.length - VALUE;

const setPointer = (at: number, address: number) => attr.setBigUint64(at, BigInt(address), true);
const clear = (length: number) => new Uint8Array(scratch.buffer, 0, length).fill(0);
const bpf = (command: number, size: number) => syscall(SYS_BPF, command, ATTR, size, 0, 0, 0);

/** The kernel takes 15 octets of [A-Za-z0-9_.]. */
const setName = (at: number, name: string) => {
  const allowed = name.replace(/\W/g, (c) => (c === '.' ? c : '_'));
  for (let i = 0; i < Math.min(15, allowed.length); i++) attr.setUint8(at + i, allowed.charCodeAt(i));
};

/** A loaded map. Keys are u32; `key` is the array index or queue number. */
export class BpfMap {
  constructor(
    readonly spec: MapSpec,
    readonly fd: number,
  ) {}

  /** Copies the value (for a per-CPU map: all of them, each padded to 8 octets) into a new array. */
  lookup(key: number, length = this.spec.valueSize): Uint8Array {
    this.#element(Command.MapLookup, key);
    return new Uint8Array(scratch.buffer, VALUE, length).slice();
  }

  /** Sum over all CPUs of element `key` of a per-CPU array of u64, as a Number. */
  sum(key: number): number {
    this.#element(Command.MapLookup, key);
    let sum = 0;
    for (let cpu = 0; cpu < possibleCpus(); cpu++) sum += Number(attr.getBigUint64(VALUE + cpu * 8, true));
    return sum;
  }

  update(key: number, value: Uint8Array): void {
    new Uint8Array(scratch.buffer, VALUE, value.length).set(value);
    this.#element(Command.MapUpdate, key);
  }

  /** No more updates from user space: the verifier may then take the contents for constants. */
  freeze(): void {
    clear(4);
    attr.setUint32(0, this.fd, true);
    if (bpf(Command.MapFreeze, 4) < 0) throw systemError(`freeze BPF map "${this.spec.name}"`, errno());
  }

  close(): void {
    close(this.fd);
  }

  #element(command: number, key: number): void {
    clear(32);
    attr.setUint32(0, this.fd, true);
    attr.setUint32(KEY, key, true);
    setPointer(8, ATTR + KEY);
    setPointer(16, ATTR + VALUE);
    if (bpf(command, 32) < 0)
      throw systemError(
        `${command === Command.MapUpdate ? 'update' : 'read'} entry ${key} of BPF map "${this.spec.name}"`,
        errno(),
      );
  }
}

let cpus = 0;
/** Number of CPUs that per-CPU values are kept for (possible, not online). */
function possibleCpus(): number {
  if (cpus === 0) {
    const list = readFileSync('/sys/devices/system/cpu/possible', 'utf8');
    cpus = Number(/(\d+)\s*$/.exec(list)?.[1] ?? 0) + 1;
    if (cpus * 8 > VALUE_LENGTH)
      throw new EvlnetError('EVL_TOO_MANY_CPUS', `Cannot read per-CPU counters: ${cpus} possible CPUs`);
  }
  return cpus;
}

/** BPF_F_RDONLY_PROG, <linux/bpf.h>. */
const READ_ONLY = 1 << 7;

export function createMap(spec: MapSpec): BpfMap {
  clear(72);
  attr.setUint32(0, spec.type, true);
  attr.setUint32(4, spec.keySize, true);
  attr.setUint32(8, spec.valueSize, true);
  attr.setUint32(12, spec.maxEntries, true);
  attr.setUint32(16, (spec.flags ?? 0) | (spec.isReadOnly ? READ_ONLY : 0), true);
  setName(28, spec.name);
  const fd = bpf(Command.MapCreate, 72);
  if (fd < 0) throw systemError(`create BPF map "${spec.name}"`, errno());
  const created = new BpfMap(spec, fd);
  if (spec.contents) created.update(0, spec.contents);
  if (spec.isReadOnly) created.freeze();
  return created;
}

/** A loaded program; `close` when nothing needs it (a link keeps its own reference). */
export interface Program {
  readonly fd: number;
  close(): void;
}

const LOG_LENGTH = 1 << 20;

/** Verifies and loads. On refusal the error carries the verifier's last words and, as `cause`, the whole log. */
export function loadProgram(spec: ProgramSpec, maps: ReadonlyMap<string, BpfMap> = new Map()): Program {
  const { octets, lines } = encode(spec, new Map([...maps].map(([name, m]) => [name, m.fd])));
  const lineData = lines[0]?.[0] === 0 ? lineInfo(spec.name, lines) : undefined;
  const license = new TextEncoder().encode(`${spec.license}\0`);
  const parts = [octets, license, ...(lineData ? [lineData.btf, lineData.functions, lineData.lines] : [])];
  const memory = map(parts.reduce((sum, p) => sum + ((p.length + 7) & ~7), LOG_LENGTH));
  try {
    const at: number[] = [];
    let next = LOG_LENGTH;
    for (const part of parts) {
      new Uint8Array(memory.buffer).set(part, next);
      at.push(memory.address + next);
      next += (part.length + 7) & ~7;
    }
    const btf = lineData ? loadBtf(at[2]!, lineData.btf.length) : -1;
    const load = (logLevel: number): number => {
      clear(152);
      attr.setUint32(0, spec.type, true);
      attr.setUint32(4, octets.length / 8, true);
      setPointer(8, at[0]!);
      setPointer(16, at[1]!);
      if (logLevel > 0) {
        attr.setUint32(24, logLevel, true);
        attr.setUint32(28, LOG_LENGTH, true);
        setPointer(32, memory.address);
      }
      setName(48, spec.name);
      if (lineData && btf >= 0) {
        attr.setUint32(72, btf, true);
        attr.setUint32(76, 8, true);
        setPointer(80, at[3]!);
        attr.setUint32(88, lineData.functions.length / 8, true);
        attr.setUint32(92, 16, true);
        setPointer(96, at[4]!);
        attr.setUint32(104, lineData.lines.length / 16, true);
      }
      return bpf(Command.ProgLoad, 152);
    };
    try {
      const fd = load(0);
      if (fd >= 0) return { fd, close: () => void close(fd) };
      const failure = errno();
      if (failure === Errno.EPERM) throw systemError(`load BPF program "${spec.name}"`, failure);
      load(1);
      throw refusal(spec.name, failure, verifierLog(memory));
    } finally {
      if (btf >= 0) close(btf);
    }
  } finally {
    unmap(memory);
  }
}

/** Descriptor, or -1: line information is a courtesy, its absence must not keep a program from loading. */
function loadBtf(address: number, length: number): number {
  clear(32);
  setPointer(0, address);
  attr.setUint32(16, length, true);
  return bpf(Command.BtfLoad, 32);
}

function verifierLog(memory: Mapping): string {
  const octets = new Uint8Array(memory.buffer, 0, LOG_LENGTH);
  return new TextDecoder().decode(octets.subarray(0, octets.indexOf(0)));
}

function refusal(name: string, n: number, log: string): EvlnetError {
  const lines = log
    .split('\n')
    .filter((l) => l !== '' && !/^(processed|verification time|stack depth)/.test(l));
  const last = lines.at(-1) ?? 'the verifier gave no reason';
  const error = systemError(`load BPF program "${name}"`, n);
  const omitted = lines.length > 1 ? ` (${lines.length - 1} lines omitted)` : '';
  return new EvlnetError('EVL_VERIFIER', `${error.message}: ${last}${omitted}`, { errno: n, cause: log });
}

/** Attaches to the hook of an interface; the returned descriptor holds the program there, and closing it detaches. Returns -errno on refusal. */
export function createLink(program: Program, ifindex: number, attachType: number, flags = 0): number {
  clear(64);
  attr.setUint32(0, program.fd, true);
  attr.setUint32(4, ifindex, true);
  attr.setUint32(8, attachType, true);
  attr.setUint32(12, flags, true);
  const fd = bpf(Command.LinkCreate, 64);
  return fd < 0 ? -errno() : fd;
}

/** Puts `program` in the place of the link's present one: no frame meets neither. */
export function updateLink(link: number, program: Program): void {
  clear(32);
  attr.setUint32(0, link, true);
  attr.setUint32(4, program.fd, true);
  if (bpf(Command.LinkUpdate, 32) < 0) throw systemError('replace the BPF program', errno());
}

/** Makes the program reachable as a file of a mounted bpf file system. */
export function pin(fd: number, path: string): void {
  clear(32);
  const octets = new TextEncoder().encode(`${path}\0`);
  new Uint8Array(scratch.buffer, VALUE, octets.length).set(octets);
  setPointer(0, ATTR + VALUE);
  attr.setUint32(8, fd, true);
  if (bpf(Command.ObjPin, 32) < 0) throw systemError(`pin a BPF program at "${path}"`, errno());
}

export interface TestRun {
  readonly result: number;
  readonly data: Uint8Array;
  /** Mean time of one run, as the kernel measured it. */
  readonly durationNs: number;
}

/** Runs the program on one frame without any device (BPF_PROG_TEST_RUN). `context` is struct xdp_md or __sk_buff. */
export function testRun(
  program: Program,
  frame: Uint8Array,
  options: { repeat?: number; context?: Uint8Array } = {},
): TestRun {
  const out = VALUE + 16384;
  new Uint8Array(scratch.buffer, VALUE, frame.length).set(frame);
  clear(80);
  attr.setUint32(0, program.fd, true);
  attr.setUint32(8, frame.length, true);
  attr.setUint32(12, 16384, true);
  setPointer(16, ATTR + VALUE);
  setPointer(24, ATTR + out);
  attr.setUint32(32, options.repeat ?? 1, true);
  if (options.context) {
    new Uint8Array(scratch.buffer, KEY, options.context.length).set(options.context);
    attr.setUint32(40, options.context.length, true);
    setPointer(48, ATTR + KEY);
  }
  if (bpf(Command.ProgTestRun, 80) < 0) throw systemError('test-run a BPF program', errno());
  const length = attr.getUint32(12, true);
  return {
    result: attr.getUint32(4, true),
    data: new Uint8Array(scratch.buffer, out, length).slice(),
    durationNs: attr.getUint32(36, true),
  };
}
