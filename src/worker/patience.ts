const LOOK_MS = 10;

/** What `look` finds, looked for until `timeoutMs` are over or `signal` aborts. */
export async function lookFor<T>(
  timeoutMs: number,
  signal: AbortSignal | undefined,
  look: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined || signal?.aborted || performance.now() >= until) return found;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
