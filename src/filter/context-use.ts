// What a filter may do with its context that only the kernel's own socket filters could answer.
import { Call } from '../bpf/asm.js';
import { helperName } from '../bpf/helper-functions.js';
import { Class, type Instruction, PseudoCall } from '../bpf/instruction.js';
import type { ProgramSpec } from '../bpf/program.js';
import { type Analysis, isCall } from './analysis/analyse.js';
import { SK } from './context.js';
import { unsupported } from './unsupported.js';

const NO_SOCKET = 'no packet has a socket yet where an EVL filter runs: leave the call out';

/** Helpers that take the context and that all back ends know. */
const KNOWN = new Set<number>([
  Call.tailCall,
  Call.perfEventOutput,
  Call.skbLoadBytes,
  Call.skbLoadBytesRelative,
]);

/** Helpers without arguments: the context is only still there. */
const WITHOUT_ARGUMENTS = new Set(
  [
    'ktime_get_ns',
    'get_prandom_u32',
    'get_smp_processor_id',
    'get_numa_node_id',
    'jiffies64',
    'ktime_get_boot_ns',
    'ktime_get_coarse_ns',
    'ktime_get_tai_ns',
  ].map((name) => `bpf_${name}`),
);

/** Throws for the first such use. */
export function refuseContextUse(object: string, to: string, program: ProgramSpec, analysis: Analysis): void {
  const refuse = (i: Instruction, reason: string, hint: string) => unsupported(object, to, i, reason, hint);
  const entry = analysis.functions[0]!;
  program.instructions.forEach((i, index) => {
    const registers = analysis.registers(index);
    if (registers === undefined) return;
    if (!isCall(i)) {
      const base = registers[i.src]!;
      if ((i.opcode & 7) === Class.LDX && base.kind === 'context' && base.offset + i.offset === SK)
        throw refuse(i, 'skb->sk has no meaning before the socket is looked for', NO_SOCKET);
      return;
    }
    // The kernel's own functions for packets know nothing of what a back end moved. Which take one their names tell; in the registers the
    // context may still lie for a function that takes nothing.
    if (
      i.src === PseudoCall.Kfunc &&
      /skb|_ctx$/.test(i.kfunc ?? '') &&
      registers.slice(1, 6).some((v) => v.kind === 'context')
    )
      throw refuse(i, `${i.kfunc}() takes the packet`, 'use bpf_skb_load_bytes()');
    if (i.src !== PseudoCall.Helper) return;
    if (i.imm === Call.getSocketCookie)
      throw refuse(i, 'bpf_get_socket_cookie() has no meaning before the socket is looked for', NO_SOCKET);
    if (i.imm === Call.getSocketUid)
      throw refuse(i, 'bpf_get_socket_uid() has no meaning before the socket is looked for', NO_SOCKET);
    if (i.imm === Call.tailCall && index >= entry.end)
      throw refuse(
        i,
        'bpf_tail_call() in a function',
        'call it in the filter itself: its verdict is what the called program returns',
      );
    if (i.imm === Call.perfEventOutput) {
      const flags = registers[3]!;
      if (flags.kind !== 'constant' || flags.value < 0 || flags.value > 0xffffffff)
        throw refuse(
          i,
          'bpf_perf_event_output() with octets of the frame: they would start at another header',
          'pass BPF_F_CURRENT_CPU alone, and what is wanted of the frame in the data',
        );
    }
    const name = helperName(i.imm) ?? `helper ${i.imm}`;
    if (registers[1]!.kind === 'context' && !KNOWN.has(i.imm) && !WITHOUT_ARGUMENTS.has(name))
      throw refuse(i, `${name}() takes the packet`, 'see evlnet-filter(7) for the helpers that may');
  });
}
