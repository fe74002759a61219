// What is asked of both hosts: untagged frames, and what is known to be answered differently.
import { buildFrame, type FrameFields, type TagFields } from '../build-frame.js';
import type { Difference } from './differences.js';

export interface Question {
  readonly name: string;
  /** Sent one after another; mostly one. */
  readonly frames: readonly Uint8Array[];
  /** Without it, both hosts must answer the same, octet for octet. */
  readonly differs?: Difference;
}

export const question = (
  name: string,
  frame: FrameFields | Uint8Array | readonly Uint8Array[],
  differs?: Difference,
): Question => ({
  name,
  frames: Array.isArray(frame)
    ? (frame as Uint8Array[])
    : [frame instanceof Uint8Array ? frame : buildFrame(frame as FrameFields)],
  ...(differs ? { differs } : {}),
});

/** An echo request with what is particular about it. */
export const echo = (name: string, fields: FrameFields, differs?: Difference): Question =>
  question(name, { icmp: {}, payload: 'abcdefghijklmnopq', ...fields }, differs);

/** The frame with these tags, the outer one first. */
export function tagged(frame: Uint8Array, tags: readonly TagFields[]): Uint8Array {
  const inserted = tags.flatMap(({ vid, pcp = 0, dei = false, tpid = 0x8100 }) => {
    const tci = pcp * 0x2000 + (dei ? 0x1000 : 0) + vid;
    return [tpid >> 8, tpid & 0xff, tci >> 8, tci & 0xff];
  });
  return Uint8Array.from([...frame.subarray(0, 12), ...inserted, ...frame.subarray(12)]);
}

/** The frame without these tags; throws where it has others, as a reply keeps those of the request to the bit. */
export function untagged(frame: Uint8Array, tags: readonly TagFields[]): Uint8Array {
  const end = 12 + 4 * tags.length;
  const bare = Uint8Array.from([...frame.subarray(0, 12), ...frame.subarray(end)]);
  const [want, have] = [tagged(bare, tags), frame].map((f) =>
    Buffer.from(f.subarray(12, end)).toString('hex'),
  );
  if (want !== have) throw new Error(`want the tags ${want}, have ${have}`);
  return bare;
}
