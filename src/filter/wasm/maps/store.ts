/** What a program does with a map. Keys and values are addresses in the memory of the filter; errors are negative, as the kernel's. */
export interface Store {
  /** Address of the value, or 0. */
  lookup(key: number): number;
  update(key: number, value: number, flags: number): number;
  remove(key: number): number;
  /** Writes the key of an entry behind the entry with the number `after` (-1: the first) to `key`; its number, or -1. */
  next(after: number, key: number): number;
}

/** <linux/bpf.h> */
export const Flag = { Any: 0, NoExist: 1, Exist: 2 } as const;
export const Failure = { Enoent: -2, E2big: -7, Eexist: -17, Einval: -22, Enospc: -28 } as const;
