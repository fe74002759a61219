// Jumps as blocks and loops: "Beyond Relooper: recursive translation of unstructured control flow to structured control flow" (N. Ramsey,
// 2022). A block of the program is written inside the one that dominates it; jumps that meet leave a block, jumps back repeat a loop.
import type { Instruction } from '../../bpf/instruction.js';
import { isBranch, isGoto } from '../../bpf/strict.js';
import type { Emitter } from './emitter.js';
import { Scratch } from './emitter.js';
import type { Graph } from './graph.js';
import { pushCondition } from './jump.js';
import { Op } from './opcode.js';

/** Deeper than this the recursion is not trusted; no compiler makes it. */
const MAX_DEPTH = 500;

/** Writes all blocks; `emit` writes an instruction that is no jump. */
export function emitBlocks(e: Emitter, graph: Graph, emit: (i: Instruction) => void): void {
  if (graph.isIrreducible || graph.depth > MAX_DEPTH) dispatch(e, graph, emit);
  else new Structure(e, graph, emit).tree(0);
}

class Structure {
  /** Block that a `br` to this level leads to, outermost first; undefined: an `if`, which nothing leaves. */
  readonly #levels: (number | undefined)[] = [];

  constructor(
    readonly e: Emitter,
    readonly graph: Graph,
    readonly emit: (i: Instruction) => void,
  ) {}

  /** A block and all that it dominates. Nothing runs past the end of what this writes. */
  tree(n: number): void {
    const { code } = this.e;
    const size = this.graph.loopSize[n]!;
    if (size > 0) {
      code.loop();
      this.#levels.push(n);
      this.e.index = this.graph.blocks[n]!.first;
      this.e.charge(size);
    }
    const merges = this.graph.dominated[n]!.filter((to) => this.graph.isMerge[to]);
    // The last of them outermost, as the others may go on there.
    for (const to of merges.toReversed()) {
      code.block();
      this.#levels.push(to);
    }
    this.#body(n);
    for (const to of merges) {
      code.end();
      this.#levels.pop();
      this.tree(to);
    }
    if (size > 0) {
      code.end();
      this.#levels.pop();
      code.op(Op.unreachable);
    }
  }

  #body(n: number): void {
    const { code } = this.e;
    const { next } = this.graph.blocks[n]!;
    const last = body(this.e, this.graph, n, this.emit);
    if (next.length === 2) {
      pushCondition(this.e, last);
      code.if();
      this.#levels.push(undefined);
      this.#goto(n, next[1]!);
      code.end();
      this.#levels.pop();
    }
    if (next.length > 0) this.#goto(n, next[0]!);
  }

  #goto(from: number, to: number): void {
    if (to > from && !this.graph.isMerge[to]) this.tree(to);
    else this.e.code.branch(this.#levels.length - 1 - this.#levels.lastIndexOf(to));
  }
}

/** All blocks in one loop, the next one chosen by its number: for what has no structure. */
function dispatch(e: Emitter, graph: Graph, emit: (i: Instruction) => void): void {
  const { code } = e;
  const count = graph.blocks.length;
  code.loop();
  for (let n = 0; n < count; n++) code.block();
  code
    .get(Scratch.block)
    .op(Op.brTable)
    .unsigned(count - 1);
  for (let n = 0; n < count; n++) code.unsigned(n);
  for (let n = 0; n < count; n++) {
    const { first, end, next } = graph.blocks[n]!;
    code.end();
    e.index = first;
    e.charge(end - first);
    const last = body(e, graph, n, emit);
    if (next.length === 0) continue;
    code.i32(next.at(-1)!);
    if (next.length === 2) {
      code.i32(next[0]!);
      pushCondition(e, last);
      code.op(Op.select);
    }
    code.set(Scratch.block).branch(count - 1 - n);
  }
  code.end().op(Op.unreachable);
}

/** Writes a block up to its jump, and returns its last instruction. */
function body(e: Emitter, graph: Graph, n: number, emit: (i: Instruction) => void): Instruction {
  const { instructions } = e.unit.program;
  const { first, end } = graph.blocks[n]!;
  const last = instructions[end - 1]!;
  const isJump = isBranch(last) || isGoto(last);
  for (e.index = first; e.index < end - (isJump ? 1 : 0); e.index++) emit(instructions[e.index]!);
  e.index = end - 1;
  return last;
}
