import { expect, test } from '@jest/globals';
import { median, quantile, ratios, summary } from '../../../bench/stats.ts';

test.each([
  [[3], 3],
  [[5, 1, 3], 3],
  [[4, 1, 2, 3], 2.5],
  [[10, 9, 100], 10],
])('the median of %j is %d', (values, expected) => {
  expect(median(values)).toBe(expected);
});

test('a quantile lies between the two values next to it', () => {
  expect(quantile([0, 10, 20, 30], 0)).toBe(0);
  expect(quantile([0, 10, 20, 30], 0.25)).toBe(7.5);
  expect(quantile([0, 10, 20, 30], 1)).toBe(30);
});

test('no values have no median', () => {
  expect(median([])).toBeNaN();
});

test('a summary has the median and both ends', () => {
  expect(summary([2, 8, 4])).toEqual({ median: 4, least: 2, most: 8 });
});

test('ratios pair the values of the same round', () => {
  expect(ratios([2, 9], [4, 3])).toEqual([0.5, 3]);
});
