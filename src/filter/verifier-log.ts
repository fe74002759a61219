// The verifier's log, kernel/bpf/verifier.c: a line for each instruction that it went through, `12: (79) r1 = …`, with the
// author's lines (`; …`) and states between them, and at last why it stopped.

export interface Refusal {
  /** In the verifier's words. */
  readonly reason: string;
  /** Slot of the instruction that it stopped at, where it tells one. */
  readonly slot: number | undefined;
}

/** The line of a conditional jump is left open: what comes next stands behind it. */
const BRANCH = /^(\d+: \([0-9a-f]{2}\) if .* goto pc[+-]\d+) (?=\S)/gm;
const INSTRUCTION = /^(\d+): \([0-9a-f]{2}\) /;
/** What says nothing about the reason: states, statistics, what was looked at on the way. */
const ASIDE =
  /^(;|\d+: R|\d+: \([0-9a-f]{2}\)|from \d+|(cur|old) state|processed \d+|verification time|stack depth|mark_precise|last_idx|first_idx|parent |regs=|max_states|func#\d+ @|caller:|callee:|returning from|propagating|live regs|\s*$)/;
/** The two lines that belong together are the verdict on an access and what led to it. */
const REASONS = 2;

/** Why the verifier refused; undefined if the log does not say. */
export function readLog(log: string): Refusal | undefined {
  const lines = log.replaceAll(BRANCH, '$1\n').split('\n');
  const last = lines.findLastIndex((line) => INSTRUCTION.test(line));
  const words = (from: number) => lines.slice(from).filter((line) => !ASIDE.test(line));
  // Programs that are refused before or after the walk have their reason anywhere.
  const after = words(last + 1);
  const reasons = (after.length > 0 ? after : words(0)).slice(-REASONS);
  if (reasons.length === 0) return undefined;
  const reason = reasons.join('; ');
  const named = /\binsn (\d+)/.exec(reason)?.[1];
  const walked = after.length > 0 ? INSTRUCTION.exec(lines[last] ?? '')?.[1] : undefined;
  const slot = named ?? walked;
  return { reason, slot: slot === undefined ? undefined : Number(slot) };
}
