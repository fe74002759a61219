// Moving octets inside the arena where a header changes its length.

/** Moves the octets `from`..`end` towards higher addresses by `by`; the two places may overlap. */
export const moveUp = (v: DataView, from: number, end: number, by: number): void => {
  let at = end;
  for (; at - from >= 4; at -= 4) v.setUint32(at - 4 + by, v.getUint32(at - 4));
  for (; at > from; at--) v.setUint8(at - 1 + by, v.getUint8(at - 1));
};
