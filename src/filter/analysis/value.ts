/** What data flow knows of a register or of eight octets of the stack. */
export type Value =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'constant'; readonly value: number }
  /** An address in the stack of the function itself, counted from r10; undefined: somewhere in it. */
  | { readonly kind: 'frame'; readonly offset: number | undefined }
  /** The filter's argument, an address in struct __sk_buff. Not certain: on some way that leads here it may be something else. */
  | { readonly kind: 'context'; readonly offset: number; readonly isCertain: boolean }
  | { readonly kind: 'map'; readonly map: string }
  | { readonly kind: 'function'; readonly label: string };

export const UNKNOWN: Value = { kind: 'unknown' };
export const CONTEXT: Value = { kind: 'context', offset: 0, isCertain: true };
export const FRAME: Value = { kind: 'frame', offset: 0 };

/** Numbers that a double cannot tell apart are not known. */
export const constant = (value: number): Value =>
  Number.isSafeInteger(value) ? { kind: 'constant', value } : UNKNOWN;

/** What holds on both ways; a context stays one, so that no field of it that may be read is missed. */
export function join(a: Value, b: Value): Value {
  if (a.kind === 'context') return isSame(a, b) ? a : { ...a, isCertain: false };
  if (b.kind === 'context') return { ...b, isCertain: false };
  if (a.kind === 'frame' && b.kind === 'frame')
    return a.offset === b.offset ? a : { kind: 'frame', offset: undefined };
  return isSame(a, b) ? a : UNKNOWN;
}

export function isSame(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (a.kind === 'constant') return b.kind === 'constant' && a.value === b.value;
  if (a.kind === 'frame') return b.kind === 'frame' && a.offset === b.offset;
  if (a.kind === 'context')
    return b.kind === 'context' && a.offset === b.offset && a.isCertain === b.isCertain;
  if (a.kind === 'map') return b.kind === 'map' && a.map === b.map;
  if (a.kind === 'function') return b.kind === 'function' && a.label === b.label;
  return a.kind === b.kind;
}
