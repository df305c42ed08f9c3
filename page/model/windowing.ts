/** The rows of a long list that are in sight. */
export interface Slice {
  first: number;
  /** The index after the last one. */
  end: number;
  /** The height of what is above and below, in pixels. */
  above: number;
  below: number;
}

/** Tops of rows of these heights, and the height of all as the last element. */
export function topsOf(heights: readonly number[]): number[] {
  const tops = [0];
  for (const height of heights) tops.push(tops.at(-1)! + height);
  return tops;
}

/** The rows between two heights, and `spare` pixels more on both sides. */
export function sliceOf(tops: readonly number[], from: number, to: number, spare = 400): Slice {
  const count = tops.length - 1;
  const first = Math.max(0, Math.min(count, search(tops, from - spare) - 1));
  const end = Math.min(count, Math.max(first, search(tops, to + spare)));
  return { first, end, above: tops[first]!, below: tops[count]! - tops[end]! };
}

/** The index of the first top that is greater than this height. */
function search(tops: readonly number[], height: number): number {
  let [low, high] = [0, tops.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (tops[middle]! > height) high = middle;
    else low = middle + 1;
  }
  return low;
}
