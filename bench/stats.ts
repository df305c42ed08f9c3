/** The value that half of the values do not exceed (linear interpolation); NaN for none. */
export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** The value at this share (0 to 1) of the sorted values, interpolated between the two next to it; NaN for none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  if (low === undefined || high === undefined) return Number.NaN;
  return low + (high - low) * (place - Math.floor(place));
}

export interface Summary {
  median: number;
  least: number;
  most: number;
}

export const summary = (values: readonly number[]): Summary => ({
  median: median(values),
  least: Math.min(...values),
  most: Math.max(...values),
});

/** Each value divided by that of the other list in the same round. */
export const ratios = (ours: readonly number[], limit: readonly number[]): number[] =>
  ours.map((value, round) => value / limit[round]!);
