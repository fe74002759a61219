/** An IPv4 address, an unsigned number in host order, as text. */
export const dotted = (address: number): string =>
  [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join('.');
