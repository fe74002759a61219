/** Of the buffers of a device. EVL: poolsz > 32768 or bufsz > 4 pages is EINVAL. */
export const LIMITS = { pool: 32768, bufsz: 16384 } as const;
