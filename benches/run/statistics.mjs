// Medians and spreads.

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** `{ median, low, high }` of what is a number among `values`, or undefined if nothing is. */
export function spread(values) {
  const numbers = values.filter(Number.isFinite);
  if (numbers.length === 0) {
    return undefined;
  }
  return { median: median(numbers), low: Math.min(...numbers), high: Math.max(...numbers) };
}
