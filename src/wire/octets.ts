// Octets on the move: within the arena, where a header changes its length, and from one memory to another.

/** Moves the octets `from`..`end` towards higher addresses by `by`; the two places may overlap. */
export const moveUp = (v: DataView, from: number, end: number, by: number): void => {
  let at = end;
  for (; at - from >= 4; at -= 4) v.setUint32(at - 4 + by, v.getUint32(at - 4));
  for (; at > from; at--) v.setUint8(at - 1 + by, v.getUint8(at - 1));
};

/** Copies the octets `from`..`end` of one memory to `to` of another, by words: a `subarray` to copy with would be made for each packet. */
export const copy = (v: DataView, from: number, end: number, target: DataView, to: number): void => {
  let at = from;
  const by = to - from;
  for (const stop = end - 15; at < stop; at += 16) {
    target.setInt32(at + by, v.getInt32(at, true), true);
    target.setInt32(at + by + 4, v.getInt32(at + 4, true), true);
    target.setInt32(at + by + 8, v.getInt32(at + 8, true), true);
    target.setInt32(at + by + 12, v.getInt32(at + 12, true), true);
  }
  for (; at + 4 <= end; at += 4) target.setInt32(at + by, v.getInt32(at, true), true);
  for (; at < end; at++) target.setUint8(at + by, v.getUint8(at));
};
