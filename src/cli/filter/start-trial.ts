import type { VerdictName } from '../../filter/verdict.js';
import type { Link } from '../../linux/link.js';
import { kernelEngine } from '../../trial/kernel.js';
import { Trial } from '../../trial/trial.js';
import type { Context } from '../context.js';
import type { Tried } from './opened.js';

/** Loads the filter into the engine that was asked for, or into both. */
export async function startTrial({ arguments: given }: Context, tried: Tried): Promise<Trial> {
  const { filter, place, base } = tried;
  const name = given.text('engine') ?? 'wasm';
  const expected = given.text('expect') as VerdictName | undefined;
  const kernel = name === 'wasm' ? undefined : kernelEngine(filter, base?.ifindex);
  if (kernel && name === 'kernel') return new Trial({ engine: kernel, place, expected });
  try {
    const { wasmEngine } = await import('../../trial/wasm.js');
    return new Trial({
      engine: wasmEngine(filter, base ? deviceOf(base) : {}),
      second: kernel,
      place,
      expected,
    });
  } catch (error) {
    kernel?.close();
    throw error;
  }
}

const deviceOf = ({ ifindex, lladdr }: Link) => ({
  ifindex,
  ...(lladdr === undefined
    ? {}
    : { lladdr: Uint8Array.from(lladdr.split(':'), (octet) => Number.parseInt(octet, 16)) }),
});
