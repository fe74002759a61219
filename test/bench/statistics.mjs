/** Middle value; the mean of the middle two; NaN of nothing. */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Medians of every number in `records`, by path: `load.repliesPerSecond`. */
export const medianOf = (records, path) =>
  median(records.map((record) => path.reduce((value, key) => value[key], record)));

export const range = (values) => [Math.min(...values), Math.max(...values)];
