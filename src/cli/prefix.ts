/** What a table entry is found by. */
export interface Named {
  readonly name: string;
  readonly aliases?: readonly string[];
}

export type Match<T> = { found: T } | { ambiguous: readonly string[] } | undefined;

/** The entry whose name or alias `word` is, or is a unique prefix of. */
export function matchPrefix<T extends Named>(word: string, entries: readonly T[]): Match<T> {
  const names = (entry: T) => [entry.name, ...(entry.aliases ?? [])];
  const whole = entries.find((entry) => names(entry).includes(word));
  if (whole) return { found: whole };
  if (word === '') return undefined;
  const candidates = entries.filter((entry) => names(entry).some((name) => name.startsWith(word)));
  if (candidates.length === 1) return { found: candidates[0]! };
  return candidates.length === 0 ? undefined : { ambiguous: candidates.map((entry) => entry.name).sort() };
}
