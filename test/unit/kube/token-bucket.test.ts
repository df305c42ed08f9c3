import { expect, test } from '@jest/globals';
import { TokenBucket } from '../../../kube/token-bucket.ts';

test('a burst is free, later tokens wait', () => {
  const bucket = new TokenBucket(10, 3, () => 0);
  expect([1, 2, 3, 4, 5].map(() => bucket.take())).toEqual([0, 0, 0, 100, 200]);
});

test('the bucket refills over time, up to the burst', () => {
  let now = 0;
  const bucket = new TokenBucket(10, 2, () => now);
  bucket.take();
  bucket.take();
  now = 100;
  expect([bucket.take(), bucket.take()]).toEqual([0, 100]);
  now = 60_000;
  expect([1, 2, 3].map(() => bucket.take())).toEqual([0, 0, 100]);
});
