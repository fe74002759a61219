/** Middle value; the mean of the middle two; NaN of nothing. */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Where the median really lies, with 90 % confidence, whatever the distribution: between the k-th least and the k-th
 * greatest value, by the sign test. Undefined for fewer than 5 values, which cannot say it.
 */
export function interval(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const n = sorted.length;
  if (n < 5) return undefined;
  let probability = 0.5 ** n;
  let tail = probability;
  let k = 0;
  while (tail + (probability * (n - k)) / (k + 1) <= 0.05 && k < n >> 1) {
    probability *= (n - k) / (k + 1);
    tail += probability;
    k++;
  }
  return [sorted[k], sorted[n - 1 - k]];
}
