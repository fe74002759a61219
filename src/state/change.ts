import type { StateDocument } from './schema.js';

/** One difference of two documents, an operation of JSON Patch (RFC 6902); `old` is what was there. */
export interface Change {
  readonly op: 'add' | 'remove' | 'replace';
  /** JSON Pointer (RFC 6901): `/ports/eth0.42/address`. */
  readonly path: string;
  readonly value?: unknown;
  readonly old?: unknown;
}

/** What makes `after` of `before`, key by key, in the order of `after`; its schema and rev are none of it. A filter is one value: its keys depend on each other. */
export function changes(before: StateDocument, after: StateDocument): Change[] {
  const [old, wanted] = [before, after].map(({ schema, rev, ...rest }) => rest);
  return ofObject('', old as Plain, wanted as Plain);
}

/** The keys that a JSON Pointer names. */
export const keysOf = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));

/** Whether two values of documents are one, in whatever order their keys are. */
export const isSame = (a: unknown, b: unknown): boolean => {
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((value, i) => isSame(value, b[i]));
  return isPlain(a) && isPlain(b) ? ofObject('', a, b).length === 0 : a === b;
};

type Plain = Readonly<Record<string, unknown>>;

const isPlain = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isFilter = (path: string): boolean => /^\/filters\/[^/]+$/.test(path);

function ofObject(path: string, before: Plain, after: Plain): Change[] {
  const removed = Object.keys(before).filter((key) => !Object.hasOwn(after, key));
  return [
    ...removed.map((key): Change => ({ op: 'remove', path: pointer(path, key), old: before[key] })),
    ...Object.entries(after).flatMap(([key, value]): Change[] =>
      Object.hasOwn(before, key)
        ? ofValue(pointer(path, key), before[key], value)
        : [{ op: 'add', path: pointer(path, key), value }],
    ),
  ];
}

function ofValue(path: string, old: unknown, value: unknown): Change[] {
  if (isPlain(old) && isPlain(value) && !isFilter(path)) return ofObject(path, old, value);
  return isSame(old, value) ? [] : [{ op: 'replace', path, value, old }];
}

const pointer = (path: string, key: string): string =>
  `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
