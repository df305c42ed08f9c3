import { afterEach, expect, jest, test } from '@jest/globals';
import { poll } from '../../../dev/cluster/poll.ts';

afterEach(() => {
  jest.restoreAllMocks();
});

const after = (calls: number) => () => (--calls > 0 ? undefined : 'found');

test('the first value that is not undefined is returned, also a false one', async () => {
  expect(await poll(after(3), { deadlineMs: 10_000, intervalMs: 1 })).toBe('found');
  expect(await poll(async () => false, { deadlineMs: 10_000 })).toBe(false);
});

test('a deadline that has passed still leaves one call', async () => {
  expect(await poll(after(1), { deadlineMs: -1 })).toBe('found');
  expect(await poll(after(2), { deadlineMs: -1 })).toBeUndefined();
});

test('a clock that is set forward ends no poll early', async () => {
  const now = Date.now();
  jest.spyOn(Date, 'now').mockImplementation(() => now + 3_600_000);
  expect(await poll(after(3), { deadlineMs: 10_000, intervalMs: 1 })).toBe('found');
});

test('an abort and an error of the probe reject', async () => {
  const stop = new AbortController();
  const polled = poll(() => undefined, { deadlineMs: 10_000, signal: stop.signal });
  stop.abort();
  await expect(polled).rejects.toThrow(/abort/i);
  const fails = () => Promise.reject(new Error('broken'));
  await expect(poll(fails, { deadlineMs: 10_000 })).rejects.toThrow('broken');
});
