import { readFileSync } from 'node:fs';
import { type MapSpec, MapType } from '../bpf/program.js';
import { EvlnetError } from '../errors.js';
import { attribute, bpf, Command, clear, setName, setPointer, withMemory } from './bpf-call.js';
import { close, Errno, errno, systemError } from './libc.js';

/** An index of an array, or the octets of any other key. */
export type Key = number | Uint8Array;

/** BPF_F_RDONLY_PROG, <linux/bpf.h>. */
const READ_ONLY = 1 << 7;
/** Of struct bpf_map_info: type and id. */
const INFO_LENGTH = 8;

/** A loaded map. */
export class BpfMap {
  constructor(
    readonly spec: MapSpec,
    readonly fd: number,
  ) {}

  /** Copies the value (of a per-CPU map all of them, each padded to 8 octets) into a new array; throws where there is none. */
  lookup(key: Key, length = this.valueLength): Uint8Array {
    const value = this.find(key, length);
    if (!value) throw systemError(`read entry ${text(key)} of BPF map "${this.spec.name}"`, Errno.ENOENT);
    return value;
  }

  /** The same, and undefined where there is no such entry. */
  find(key: Key, length = this.valueLength): Uint8Array | undefined {
    return this.#element(Command.MapLookup, key, length, undefined, (octets) => octets.slice());
  }

  /** Sum over all CPUs of element `key` of a per-CPU map of u64, as a Number. */
  sum(key: Key): number {
    const octets = this.lookup(key);
    const view = new DataView(octets.buffer);
    let sum = 0;
    for (let at = 0; at < octets.length; at += 8) sum += Number(view.getBigUint64(at, true));
    return sum;
  }

  /** `sum` of every element of a per-CPU array. */
  sums(): number[] {
    return Array.from({ length: this.spec.maxEntries }, (_, key) => this.sum(key));
  }

  update(key: Key, value: Uint8Array): void {
    this.#element(Command.MapUpdate, key, value.length, value, () => undefined);
  }

  /** Deletes the entry, if it is there. */
  delete(key: Key): void {
    this.#element(Command.MapDelete, key, 0, undefined, () => undefined);
  }

  /** The keys that are there now; of a map that changes meanwhile some may be missing. */
  keys(): Uint8Array[] {
    const { keySize, maxEntries, name } = this.spec;
    return withMemory(keySize * 2, (memory, at) => {
      const octets = new Uint8Array(memory.buffer, at, keySize * 2);
      const keys: Uint8Array[] = [];
      // Deleting the present key while we look starts the walk anew: the count must have an end.
      for (let isFirst = true; keys.length < maxEntries; isFirst = false) {
        clear(32);
        attribute.setUint32(0, this.fd, true);
        if (!isFirst) setPointer(8, memory.address + at);
        setPointer(16, memory.address + at + keySize);
        if (bpf(Command.MapNextKey, 32) < 0) {
          const n = errno();
          if (n === Errno.ENOENT) break;
          throw systemError(`read the keys of BPF map "${name}"`, n);
        }
        octets.copyWithin(0, keySize);
        keys.push(octets.slice(0, keySize));
      }
      return keys;
    });
  }

  /** By which others find it. */
  get id(): number {
    return withMemory(INFO_LENGTH, (memory, at) => {
      new Uint8Array(memory.buffer, at, INFO_LENGTH).fill(0);
      clear(16);
      attribute.setUint32(0, this.fd, true);
      attribute.setUint32(4, INFO_LENGTH, true);
      setPointer(8, memory.address + at);
      if (bpf(Command.ObjGetInfoByFd, 16) < 0)
        throw systemError(`ask for the id of BPF map "${this.spec.name}"`, errno());
      return memory.view.getUint32(at + 4, true);
    });
  }

  /** No more updates from user space: the verifier may then take the contents for constants. */
  freeze(): void {
    clear(4);
    attribute.setUint32(0, this.fd, true);
    if (bpf(Command.MapFreeze, 4) < 0) throw systemError(`freeze BPF map "${this.spec.name}"`, errno());
  }

  close(): void {
    close(this.fd);
  }

  /** Octets that a look-up brings. */
  get valueLength(): number {
    const { type, valueSize } = this.spec;
    const isPerCpu =
      type === MapType.PercpuArray || type === MapType.PercpuHash || type === MapType.LruPercpuHash;
    return isPerCpu ? ((valueSize + 7) & ~7) * possibleCpus() : valueSize;
  }

  #element<T>(
    command: number,
    key: Key,
    length: number,
    value: Uint8Array | undefined,
    take: (octets: Uint8Array) => T,
  ): T | undefined {
    const { keySize, name } = this.spec;
    if (typeof key !== 'number' && key.length !== keySize)
      throw new EvlnetError(
        'EVL_BPF_MAP',
        `A key of BPF map "${name}" has ${keySize} octets, not ${key.length}`,
      );
    const keyLength = Math.max(8, (keySize + 7) & ~7);
    return withMemory(keyLength + length, (memory, at) => {
      const keyOctets = new Uint8Array(memory.buffer, at, keyLength).fill(0);
      if (typeof key === 'number') memory.view.setUint32(at, key, true);
      else keyOctets.set(key);
      const octets = new Uint8Array(memory.buffer, at + keyLength, length);
      if (value) octets.set(value);
      clear(32);
      attribute.setUint32(0, this.fd, true);
      setPointer(8, memory.address + at);
      if (command !== Command.MapDelete) setPointer(16, memory.address + at + keyLength);
      if (bpf(command, 32) >= 0) return take(octets);
      const n = errno();
      if (n === Errno.ENOENT && command !== Command.MapUpdate) return undefined;
      throw systemError(`${acts[command]} entry ${text(key)} of BPF map "${name}"`, n);
    });
  }
}

const acts: Readonly<Record<number, string>> = {
  [Command.MapLookup]: 'read',
  [Command.MapUpdate]: 'update',
  [Command.MapDelete]: 'delete',
};
const text = (key: Key) => (typeof key === 'number' ? key : Buffer.from(key).toString('hex'));

let cpus = 0;
/** Number of CPUs that per-CPU values are kept for (possible, not online). */
export function possibleCpus(): number {
  if (cpus === 0) {
    const list = readFileSync('/sys/devices/system/cpu/possible', 'utf8');
    cpus = Number(/(\d+)\s*$/.exec(list)?.[1] ?? 0) + 1;
  }
  return cpus;
}

export function createMap(spec: MapSpec): BpfMap {
  const inner = spec.inner && createMap(spec.inner);
  try {
    clear(72);
    attribute.setUint32(0, spec.type, true);
    attribute.setUint32(4, spec.keySize, true);
    attribute.setUint32(8, spec.valueSize, true);
    attribute.setUint32(12, entries(spec), true);
    attribute.setUint32(16, (spec.flags ?? 0) | (spec.isReadOnly ? READ_ONLY : 0), true);
    if (inner) attribute.setUint32(20, inner.fd, true);
    setName(28, spec.name);
    const fd = bpf(Command.MapCreate, 72);
    if (fd < 0) throw systemError(`create BPF map "${spec.name}"`, errno());
    return fill(new BpfMap(spec, fd));
  } finally {
    inner?.close();
  }
}

/** A map of another process, which is like `spec`: takes CAP_SYS_ADMIN. */
export function mapById(spec: MapSpec, id: number): BpfMap {
  clear(16);
  attribute.setUint32(0, id, true);
  const fd = bpf(Command.MapGetFdById, 12);
  if (fd < 0) throw systemError(`open BPF map "${spec.name}"`, errno());
  return new BpfMap(spec, fd);
}

/** A perf event array without a number has one entry a CPU, as libbpf makes it. */
const entries = ({ type, maxEntries }: MapSpec) =>
  type === MapType.PerfEventArray && maxEntries === 0 ? possibleCpus() : maxEntries;

function fill(created: BpfMap): BpfMap {
  const { contents, isReadOnly } = created.spec;
  try {
    if (contents) created.update(0, contents);
    if (isReadOnly) created.freeze();
    return created;
  } catch (error) {
    created.close();
    throw error;
  }
}

/** All of them, with the maps in them that they have from the start. Throws with none left. */
export function createMaps(specs: ReadonlyMap<string, MapSpec>): Map<string, BpfMap> {
  const maps = new Map<string, BpfMap>();
  try {
    for (const [name, spec] of specs) maps.set(name, createMap(spec));
    for (const map of maps.values()) if (map.spec.type !== MapType.ProgArray) fillSlots(map, maps);
    return maps;
  } catch (error) {
    for (const map of maps.values()) map.close();
    throw error;
  }
}

/** Puts what `slots` names into a map of maps, or programs into a map of programs. */
export function fillSlots(map: BpfMap, holders: ReadonlyMap<string, { readonly fd: number }>): void {
  for (const [index, name] of map.spec.slots ?? []) {
    const holder = holders.get(name);
    if (!holder)
      throw new EvlnetError(
        'EVL_BPF_MAP',
        `Entry ${index} of BPF map "${map.spec.name}" is to be "${name}", which is not loaded`,
      );
    const value = new Uint8Array(4);
    new DataView(value.buffer).setUint32(0, holder.fd, true);
    map.update(index, value);
  }
}
