import { expect, test } from '@jest/globals';
import { billionths, isWhole, Quantity } from '../../../contract/quantity.ts';

test.each<[Quantity, bigint]>([
  ['1', 1_000_000_000n],
  [2, 2_000_000_000n],
  [0.5, 500_000_000n],
  ['500m', 500_000_000n],
  ['1.', 1_000_000_000n],
  ['.5', 500_000_000n],
  ['1n', 1n],
  ['0.1n', 1n],
  ['3u', 3_000n],
  ['1k', 1_000_000_000_000n],
  ['1Ki', 1_024_000_000_000n],
  ['0.5Gi', 536_870_912_000_000_000n],
  ['1E', 10n ** 27n],
  ['1Ei', 2n ** 60n * 10n ** 9n],
  ['1e3', 10n ** 12n],
  ['1E3', 10n ** 12n],
  ['15e-1', 1_500_000_000n],
  [1e21, 10n ** 30n],
])('%j is %i billionths', (quantity, expected) => {
  expect(Quantity.safeParse(quantity).success).toBe(true);
  expect(billionths(quantity)).toBe(expected);
});

test.each(['', '.', '-1', '+1', '1K', '1ki', '1mi', '1e', '1e100', '1 Gi', '0x10', '1Gi\n', -1, Number.NaN, null])(
  '%j is no quantity',
  (value) => {
    expect(Quantity.safeParse(value).success).toBe(false);
  },
);

test('half of something is not whole, however it is written', () => {
  expect(['2', '2000m', '0.5Ki', 2].map((quantity) => isWhole(quantity))).toEqual([true, true, true, true]);
  expect(['500m', '0.5', 0.5, '1.0001Ki'].map((quantity) => isWhole(quantity))).toEqual([false, false, false, false]);
});
