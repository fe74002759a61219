// Basic blocks of one function, with what a structured language wants to know of them. "Beyond Relooper" (N. Ramsey, 2022)
// for the use, "A Simple, Fast Dominance Algorithm" (Cooper, Harvey, Kennedy) for the dominators.
import type { Instruction } from '../../bpf/instruction.js';
import type { ProgramSpec } from '../../bpf/program.js';
import { isBranch, isExit, isGoto } from '../../bpf/strict.js';

export interface Block {
  /** Its first instruction, and the one behind its last. */
  readonly first: number;
  readonly end: number;
  /** Where it goes on: nowhere, one block, or where a branch is not taken and where it is. */
  readonly next: readonly number[];
}

/** The blocks that a function can reach, in reverse postorder: only the jumps that close a loop go to a lower number. */
export interface Graph {
  readonly blocks: readonly Block[];
  /** The block that every way to this one leads through last; of the entry, itself. */
  readonly dominator: Int32Array;
  /** Blocks whose `dominator` this is, ascending. */
  readonly dominated: readonly (readonly number[])[];
  /** Reached by two or more jumps onwards. */
  readonly isMerge: readonly boolean[];
  /** Instructions of the loop that a block heads; 0 where it heads none. */
  readonly loopSize: Int32Array;
  /** A loop has two entries: no structure of blocks and loops can say that. */
  readonly isIrreducible: boolean;
  /** Of the tree of dominators. */
  readonly depth: number;
}

export function graph(program: ProgramSpec, entry: number): Graph {
  const blocks = reachable(program, entry);
  const count = blocks.length;
  const previous: number[][] = blocks.map(() => []);
  blocks.forEach((b, n) => {
    for (const to of b.next) previous[to]!.push(n);
  });
  const dominator = dominators(previous);
  const dominates = (a: number, b: number): boolean => {
    let n = b;
    while (n > a) n = dominator[n]!;
    return n === a;
  };
  const dominated: number[][] = blocks.map(() => []);
  const level = new Int32Array(count);
  let depth = 0;
  for (let n = 1; n < count; n++) {
    dominated[dominator[n]!]!.push(n);
    level[n] = level[dominator[n]!]! + 1;
    depth = Math.max(depth, level[n]!);
  }
  let isIrreducible = false;
  const loopSize = new Int32Array(count);
  const inside = new Int32Array(count).fill(-1);
  for (let n = 0; n < count; n++) {
    const closing = previous[n]!.filter((from) => from >= n);
    if (closing.length === 0) continue;
    if (!closing.every((from) => dominates(n, from))) isIrreducible = true;
    else loopSize[n] = sizeOfLoop(blocks, previous, n, closing, inside);
  }
  const isMerge = blocks.map((_, n) => previous[n]!.filter((from) => from < n).length > 1);
  return { blocks, dominator, dominated, isMerge, loopSize, isIrreducible, depth };
}

function reachable(program: ProgramSpec, entry: number): Block[] {
  const { instructions } = program;
  const targetOf = (i: Instruction) => program.labels.get(i.target!)!;
  const starts = new Set([entry]);
  for (const i of instructions) if (isGoto(i) || isBranch(i)) starts.add(targetOf(i));
  const endOf = (first: number): number => {
    let at = first;
    for (;;) {
      const i = instructions[at]!;
      at++;
      if (isExit(i) || isGoto(i) || isBranch(i) || starts.has(at)) return at;
    }
  };
  const nextOf = (end: number): number[] => {
    const last = instructions[end - 1]!;
    if (isExit(last)) return [];
    if (isGoto(last)) return [targetOf(last)];
    return isBranch(last) ? [end, targetOf(last)] : [end];
  };

  // Depth first without recursion: a program may be one block after another, thousands of times.
  const found = new Map<number, { end: number; next: number[] }>();
  const postorder: number[] = [];
  const open: { first: number; seen: number }[] = [];
  const visit = (first: number) => {
    if (found.has(first)) return;
    const end = endOf(first);
    found.set(first, { end, next: nextOf(end) });
    open.push({ first, seen: 0 });
  };
  visit(entry);
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const { next } = found.get(top.first)!;
    if (top.seen < next.length) visit(next[top.seen++]!);
    else postorder.push(open.pop()!.first);
  }
  const order = postorder.reverse();
  const numbers = new Map(order.map((first, n) => [first, n]));
  return order.map((first) => {
    const { end, next } = found.get(first)!;
    return { first, end, next: next.map((to) => numbers.get(to)!) };
  });
}

function dominators(previous: readonly (readonly number[])[]): Int32Array {
  const dominator = new Int32Array(previous.length).fill(-1);
  dominator[0] = 0;
  const common = (a: number, b: number): number => {
    let [x, y] = [a, b];
    while (x !== y)
      if (x > y) x = dominator[x]!;
      else y = dominator[y]!;
    return x;
  };
  for (let isChanged = true; isChanged; ) {
    isChanged = false;
    for (let n = 1; n < previous.length; n++) {
      const nearest = previous[n]!.filter((from) => dominator[from] !== -1).reduce(common);
      if (dominator[n] === nearest) continue;
      dominator[n] = nearest;
      isChanged = true;
    }
  }
  return dominator;
}

/** Instructions of the blocks from which the loop's head is reached again without leaving the loop. */
function sizeOfLoop(
  blocks: readonly Block[],
  previous: readonly (readonly number[])[],
  head: number,
  closing: readonly number[],
  inside: Int32Array,
): number {
  let size = 0;
  const open: number[] = [];
  const enter = (n: number) => {
    if (inside[n] === head) return;
    inside[n] = head;
    size += blocks[n]!.end - blocks[n]!.first;
    if (n !== head) open.push(n);
  };
  enter(head);
  closing.forEach(enter);
  for (let n = open.pop(); n !== undefined; n = open.pop()) previous[n]!.forEach(enter);
  return size;
}
