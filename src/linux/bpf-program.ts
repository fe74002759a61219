import { programTypes } from '../bpf/btf-writer.js';
import { encode, type ProgramSpec } from '../bpf/program.js';
import { EvlnetError } from '../errors.js';
import { attribute, bpf, Command, clear, setName, setPointer, withMemory } from './bpf-call.js';
import type { BpfMap } from './bpf-map.js';
import { close, Errno, errno, systemError } from './libc.js';
import { type Mapping, map, unmap } from './memory.js';
import { withKfuncs } from './vmlinux.js';

/** A loaded program; `close` when nothing needs it (a link keeps its own reference). */
export interface Program {
  readonly fd: number;
  close(): void;
}

/** What the verifier says of a large program, in full; pages that it does not fill cost nothing. */
const LOG_LENGTH = 16 << 20;
/** The verifier gives up with EAGAIN when a signal arrives (a profiler's, say); libbpf tries as often. */
const LOAD_TRIES = 5;
/** BPF_F_XDP_DEV_BOUND_ONLY of <linux/bpf.h>, Linux 6.3. */
const BOUND_ONLY = 1 << 6;

/** Verifies and loads. On refusal the error carries the verifier's last words and, as `cause`, the whole log. */
export function loadProgram(spec: ProgramSpec, maps: ReadonlyMap<string, BpfMap> = new Map()): Program {
  const octets = encode(withKfuncs(spec), new Map([...maps].map(([name, m]) => [name, m.fd])));
  const types = programTypes(spec);
  const license = new TextEncoder().encode(`${spec.license}\0`);
  const parts = [octets, license, ...(types ? [types.functions, types.lines] : [])];
  const memory = map(parts.reduce((sum, p) => sum + ((p.length + 7) & ~7), LOG_LENGTH));
  const btf = types ? loadBtf(types.btf) : -1;
  try {
    const at: number[] = [];
    let next = LOG_LENGTH;
    for (const part of parts) {
      new Uint8Array(memory.buffer).set(part, next);
      at.push(memory.address + next);
      next += (part.length + 7) & ~7;
    }
    const load = (logLevel: number): number => {
      clear(152);
      attribute.setUint32(0, spec.type, true);
      attribute.setUint32(4, octets.length / 8, true);
      setPointer(8, at[0]!);
      setPointer(16, at[1]!);
      if (logLevel > 0) {
        attribute.setUint32(24, logLevel, true);
        attribute.setUint32(28, LOG_LENGTH, true);
        setPointer(32, memory.address);
      }
      attribute.setUint32(44, (spec.flags ?? 0) | (spec.boundTo === undefined ? 0 : BOUND_ONLY), true);
      setName(48, spec.name);
      attribute.setUint32(64, spec.boundTo ?? 0, true);
      if (types && btf >= 0) {
        attribute.setUint32(72, btf, true);
        attribute.setUint32(76, 8, true);
        setPointer(80, at[2]!);
        attribute.setUint32(88, types.functions.length / 8, true);
        attribute.setUint32(92, 16, true);
        setPointer(96, at[3]!);
        attribute.setUint32(104, types.lines.length / 16, true);
      }
      let fd = bpf(Command.ProgLoad, 152);
      for (let tries = 1; fd < 0 && errno() === Errno.EAGAIN && tries < LOAD_TRIES; tries++)
        fd = bpf(Command.ProgLoad, 152);
      return fd;
    };
    const fd = load(0);
    if (fd >= 0) return { fd, close: () => void close(fd) };
    const failure = errno();
    if (failure === Errno.EPERM) throw systemError(`load BPF program "${spec.name}"`, failure);
    load(1);
    throw refusal(spec.name, failure, verifierLog(memory));
  } finally {
    if (btf >= 0) close(btf);
    unmap(memory);
  }
}

/** Descriptor, or -1: types and lines are a courtesy, their absence must not keep a program from loading. */
function loadBtf(octets: Uint8Array): number {
  return withMemory(octets.length, (memory, at) => {
    new Uint8Array(memory.buffer).set(octets, at);
    clear(32);
    setPointer(0, memory.address + at);
    attribute.setUint32(16, octets.length, true);
    return bpf(Command.BtfLoad, 32);
  });
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
  const { context } = options;
  // A program may make the frame longer by what is in front of it.
  const out = frame.length + 512;
  return withMemory(frame.length + out + (context?.length ?? 0), (memory, at) => {
    const octets = new Uint8Array(memory.buffer);
    octets.set(frame, at);
    clear(80);
    attribute.setUint32(0, program.fd, true);
    attribute.setUint32(8, frame.length, true);
    attribute.setUint32(12, out, true);
    setPointer(16, memory.address + at);
    setPointer(24, memory.address + at + frame.length);
    attribute.setUint32(32, options.repeat ?? 1, true);
    if (context) {
      octets.set(context, at + frame.length + out);
      attribute.setUint32(40, context.length, true);
      setPointer(48, memory.address + at + frame.length + out);
    }
    if (bpf(Command.ProgTestRun, 80) < 0) throw systemError('test-run a BPF program', errno());
    const length = attribute.getUint32(12, true);
    return {
      result: attribute.getUint32(4, true),
      data: octets.slice(at + frame.length, at + frame.length + length),
      durationNs: attribute.getUint32(36, true),
    };
  });
}
