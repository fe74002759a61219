// A socket filter for hooks where offset 0 is the MAC header and the verdict means something else: TCX and packet sockets. Its own code
// stays, but for what counts octets.
import { Assembler, Call, r0, r1, r2, r6, r8, r9, r10, registerOf } from '../bpf/asm.js';
import { Class, type Instruction, Mode, PseudoCall } from '../bpf/instruction.js';
import type { ObjectProgram, ObjectSpec } from '../bpf/object.js';
import { type ProgramSpec, ProgramType } from '../bpf/program.js';
import { type Analysis, analyse, isCall, isFrameLoad } from './analysis/analyse.js';
import { sizeOf } from './analysis/state.js';
import type { Value } from './analysis/value.js';
import { CB_END, Field, MAC_HEADER } from './context.js';
import { refuseContextUse } from './context-use.js';
import { rewrite } from './rewrite.js';
import { appendHeader, appendTag, HEADER, packetSocketHook, tcxHook, wireHook } from './skb/hook.js';
import { unsupported } from './unsupported.js';
import { Verdict } from './verdict.js';
import { appendAccept, appendVlanRule, COUNT, type Hook, PASS, RULE } from './vlan-rule.js';

export interface SkbTranslation {
  /** ACCEPT takes frames of any ethertype, not only IPv4. */
  readonly anyEthertype?: boolean;
  /** For test runs: returns what the filter returned, counts nothing. */
  readonly verdictOnly?: boolean;
}

const STACK = 512;
const MAX_OFFSET = 0x7fffffff - MAC_HEADER;

/** For TCX ingress: drops what evlnet takes, and what the filter drops; the rest goes on. Maps: the object's, vlans, counters. */
export const toTcx = (
  object: ObjectSpec,
  program: ObjectProgram,
  options: SkbTranslation = {},
): ProgramSpec => translate(object, program, options, wireHook, ProgramType.SchedCls, 'TCX');

/** For a packet socket (SOCK_RAW) on the base device: keeps what evlnet takes, nothing else. Maps: the object's, vlans, counters. */
export const toSocketFilter = (
  object: ObjectSpec,
  program: ObjectProgram,
  options: SkbTranslation = {},
): ProgramSpec =>
  translate(object, program, options, packetSocketHook, ProgramType.SocketFilter, 'a packet socket');

/** For TCX ingress where there is no filter: drops what the VLAN rule takes. Maps: vlans, counters. */
export function vlanRuleTcx(): ProgramSpec {
  const a = new Assembler('evlnet_vlan', ProgramType.SchedCls);
  a.mov(r6, r1);
  appendHeader(a, PASS);
  appendVlanRule(a, tcxHook);
  return a.program();
}

function translate(
  object: ObjectSpec,
  program: ObjectProgram,
  options: SkbTranslation,
  hook: Hook,
  type: ProgramType,
  to: string,
): ProgramSpec {
  const analysis = analyse(program);
  refuseContextUse(object.name, to, program, analysis);
  if (analysis.contextEscapes)
    throw unsupported(
      object.name,
      to,
      undefined,
      'the packet reaches a function in a structure, where its length cannot be told from others',
      'pass the packet as an argument of its own',
    );
  const at = -analysis.functions[0]!.stack - 8;
  if (at < -STACK)
    throw unsupported(
      object.name,
      to,
      undefined,
      `function "${program.name}" uses all ${STACK} octets of stack, 8 are wanted`,
      'keep large buffers in an array map of one entry',
    );
  const a = new Assembler(program.name, type);
  const isTcx = type === ProgramType.SchedCls;
  return rewrite(program, analysis, a, {
    prologue() {
      a.line('the packet').mov(r6, r1).store('dw', r10, at, r6);
      if (isTcx) {
        appendTag(a, 'evlnet.untouched');
        // The kernel does this itself for a packet socket's filter. Before 6.4 it takes no constants there.
        a.line('skb->cb').mov(r1, 0);
        for (const word of analysis.fields) if (word >= Field.cb && word < CB_END) a.store('w', r6, word, r1);
      }
      a.line('the filter').mov(r1, r6);
    },
    replace: (i, index) => replace(a, analysis, i, index, isTcx),
    epilogue: () => appendEpilogue(a, at, options, hook),
  });
}

function replace(
  a: Assembler,
  analysis: Analysis,
  i: Instruction,
  index: number,
  hidesTag: boolean,
): boolean {
  const registers = analysis.registers(index);
  if (registers === undefined) return false;
  if (isFrameLoad(i)) return replaceFrameLoad(a, i, index);
  if (isCall(i)) return i.src === PseudoCall.Helper && replaceCall(a, i, index, registers[2]!);
  const base = registers[i.src]!;
  if ((i.opcode & 7) !== Class.LDX || base.kind !== 'context') return false;
  const field = base.offset + i.offset;
  if (field >= Field.len && field < Field.len + 4) {
    appendLength(a, i, field);
    return true;
  }
  if (!hidesTag || field < Field.vlan_present || field >= Field.vlan_proto + 4) return false;
  a.mov(registerOf(i.dst), 0);
  return true;
}

/** bpf_skb_load_bytes(): what is negative fails, and must not become an offset in the MAC header. */
function replaceCall(a: Assembler, i: Instruction, index: number, offset: Value): boolean {
  if (i.imm !== Call.skbLoadBytes) return false;
  if (offset.kind !== 'constant')
    a.alu32('mov', r2, r2)
      .jump32('s<', r2, 0, `evlnet.${index}`)
      .alu32('add', r2, MAC_HEADER)
      .label(`evlnet.${index}`);
  else if (offset.value >>> 0 <= MAX_OFFSET) a.mov(r2, (offset.value >>> 0) + MAC_HEADER);
  a.append(i);
  return true;
}

/** skb->len without the MAC header, or the octets of it that are read. */
function appendLength(a: Assembler, i: Instruction, octet: number): void {
  const dst = registerOf(i.dst);
  const above = 64 - 8 * sizeOf(i);
  const isSigned = (i.opcode & 0xe0) === Mode.MEMSX;
  a.load('w', dst, registerOf(i.src), i.offset - octet).alu32('sub', dst, MAC_HEADER);
  if (octet > 0) a.alu32('rsh', dst, octet * 8);
  if (isSigned || above > 32) a.alu('lsh', dst, above).alu(isSigned ? 'arsh' : 'rsh', dst, above);
}

/** Negative offsets name their header themselves. */
function replaceFrameLoad(a: Assembler, i: Instruction, index: number): boolean {
  if ((i.opcode & 0xe0) === Mode.ABS) {
    if (i.imm < 0 || i.imm > MAX_OFFSET) return false;
    a.append({ ...i, imm: i.imm + MAC_HEADER });
    return true;
  }
  a.alu32('mov', r1, registerOf(i.src))
    .alu32('add', r1, i.imm)
    .jump32('s<', r1, 0, `evlnet.${index}`)
    .alu32('add', r1, MAC_HEADER)
    .label(`evlnet.${index}`)
    .append({ ...i, src: r1.number, imm: 0 });
  return true;
}

function appendEpilogue(a: Assembler, at: number, options: SkbTranslation, hook: Hook): void {
  a.line('verdict');
  if (options.verdictOnly) a.exit();
  else {
    a.alu32('mov', r8, r0).load('dw', r6, r10, at);
    // Where the filter left a pointer, only CAP_PERFMON may write a part of one.
    for (let slot = HEADER; slot < 0; slot += 8) a.store('dw', r10, slot, 0);
    a.mov(r9, hook.drop)
      .jump('==', r8, Verdict.Drop, COUNT)
      .jump('==', r8, Verdict.Skip, PASS)
      .jump('>', r8, Verdict.Vlan, PASS);
    appendHeader(a, PASS);
    a.jump('==', r8, Verdict.Vlan, RULE);
    appendAccept(a, hook, options.anyEthertype ?? false);
  }
  if (hook.restore) a.line('not touched').label('evlnet.untouched').mov(r0, hook.pass).exit();
}
