import { LONG_S } from './judge.mjs';

const ROW = 42;

export function text({ seconds, fullRate, issuer, program, memory }, checks) {
  const { rate, sent, answers, frames } = issuer;
  const kinds = Object.entries(sent).map(
    ([kind, n]) => `${kind.padEnd(ROW)}${String(n).padStart(12)}${String(answers[kind] ?? 0).padStart(12)}`,
  );
  const wrong = checks.filter((check) => !check.holds);
  const size = (octets) => `${Math.round(octets / 1024)} KiB`;
  // Shorter than that a slope says nothing.
  const slope = (anHour) => (seconds < LONG_S ? '' : `, ${size(anHour)} more an hour`);
  return [
    `${seconds} s at ${rate} frames/s${fullRate ? ` (full load: ${fullRate})` : ''}: ${frames} sent, ${program.changes} changes of filter and port`,
    `${'kind'.padEnd(ROW)}${'sent'.padStart(12)}${'answers'.padStart(12)}`,
    ...kinds,
    `heap of the out-of-band thread: ${size(memory.samples.at(-1).heap)}${slope(memory.heapAnHour)}, ${memory.collections} collections`,
    `memory of the worker: ${size(memory.samples.at(-1).resident)}${slope(memory.residentAnHour)}`,
    `${checks.length - wrong.length} of ${checks.length} hold`,
    ...wrong.map(({ name, have, want }) => `  ${name}: have ${have}, want ${want}`),
  ].join('\n');
}
