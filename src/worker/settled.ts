import { isAsking } from '../memory/neighbour-page.js';

/** A neighbour is asked for a second time, and answers. */
const SETTLE_MS = 1500;

/**
 * Resolves once nothing more waits for the MAC address of a neighbour, when `isOver`, or a while later: what a program has sent may outlive it.
 * `words`: the page of neighbours.
 */
export async function settled(words: Int32Array, isOver: () => boolean): Promise<void> {
  const until = Date.now() + SETTLE_MS;
  while (!isOver() && isAsking(words) && Date.now() < until)
    await new Promise((resolve) => setTimeout(resolve, 1));
}
