/** What data flow knows of a register or of eight octets of the stack. */
export type Value =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'constant'; readonly value: number }
  /** An address in the stack of the function itself, counted from r10; undefined: somewhere in it. */
  | { readonly kind: 'frame'; readonly offset: number | undefined }
  /** An address in the stack of a caller, with a context at these offsets from it. */
  | { readonly kind: 'lent'; readonly contexts: readonly number[] }
  /** A function of the program, to be called back. */
  | { readonly kind: 'function'; readonly label: string }
  /** The filter's argument, an address in struct __sk_buff. Not certain: on some way that leads here it may be something else. */
  | { readonly kind: 'context'; readonly offset: number; readonly isCertain: boolean }
  | { readonly kind: 'map'; readonly map: string };

export const UNKNOWN: Value = { kind: 'unknown' };
export const CONTEXT: Value = { kind: 'context', offset: 0, isCertain: true };
export const FRAME: Value = { kind: 'frame', offset: 0 };

/** Numbers that a double cannot tell apart are not known. */
export const constant = (value: number): Value =>
  Number.isSafeInteger(value) ? { kind: 'constant', value } : UNKNOWN;

/** An address where contexts lie, none of them farther than a stack is deep. */
export function lent(contexts: Iterable<number>): Value {
  const near = [...new Set(contexts)].filter((at) => Math.abs(at) <= STACK).sort((a, b) => a - b);
  return near.length > 0 ? { kind: 'lent', contexts: near } : UNKNOWN;
}
const STACK = 512;

/** What holds on both ways; where a context may be there may be one still, so that no field of it that is read is missed. */
export function join(a: Value, b: Value): Value {
  if (a.kind === 'context') return isSame(a, b) ? a : { ...a, isCertain: false };
  if (b.kind === 'context') return { ...b, isCertain: false };
  if (a.kind === 'lent') return b.kind === 'lent' ? lent([...a.contexts, ...b.contexts]) : a;
  if (b.kind === 'lent') return b;
  if (a.kind === 'frame' && b.kind === 'frame')
    return a.offset === b.offset ? a : { kind: 'frame', offset: undefined };
  return isSame(a, b) ? a : UNKNOWN;
}

export function isSame(a: Value, b: Value): boolean {
  if (a === b) return true;
  switch (a.kind) {
    case 'unknown':
      return b.kind === 'unknown';
    case 'constant':
      return b.kind === 'constant' && a.value === b.value;
    case 'frame':
      return b.kind === 'frame' && a.offset === b.offset;
    case 'lent':
      return b.kind === 'lent' && a.contexts.join() === b.contexts.join();
    case 'function':
      return b.kind === 'function' && a.label === b.label;
    case 'map':
      return b.kind === 'map' && a.map === b.map;
    case 'context':
      return b.kind === 'context' && a.offset === b.offset && a.isCertain === b.isCertain;
  }
}
