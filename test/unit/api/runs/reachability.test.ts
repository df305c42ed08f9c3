// Real: Reachability. Not real: the API server, which answers as the tests say, and time (fake timers).
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Reachability } from '../../../../api/runs/reachability.ts';
import { ApiError } from '../../../../kube/api-error.ts';
import type { RequestOptions } from '../../../../kube/client.ts';
import type { Stored } from '../../../../kube/store.ts';
import { fakeSleep } from '../../../support/fake-sleep.ts';

const RUN: Stored = { metadata: { name: 'one', uid: 'u', resourceVersion: '5' } };

let answer: () => Promise<Stored>;
let calls: { path: string; options: RequestOptions }[];
let read: Stored[];
let stop: AbortController;
let reachability: Reachability;

beforeEach(() => {
  jest.useFakeTimers();
  calls = [];
  read = [];
  stop = new AbortController();
  reachability = new Reachability({
    client: {
      request: async <T>(_method: string, path: string, options: RequestOptions = {}) => {
        calls.push({ path, options });
        return (await answer()) as T;
      },
    },
    namespace: 'ns',
    nextRunName: () => 'one',
    onRead: (run) => void read.push(run),
    now: () => performance.now(),
    sleep: fakeSleep,
  });
});
afterEach(() => {
  stop.abort();
  jest.useRealTimers();
});

/** Probes for a minute. */
async function probe(): Promise<void> {
  void reachability.follow(stop.signal);
  await jest.advanceTimersByTimeAsync(60_000);
}

test('a probe is one try every 2 s that reads the metadata of a run', async () => {
  answer = async () => RUN;
  await probe();
  expect(calls).toHaveLength(31);
  for (const { path, options } of calls) {
    expect(path).toMatch(/\/groupruns\/one$/);
    expect(options).toMatchObject({
      maxTries: 1,
      accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
    });
  }
  expect(read).toHaveLength(31);
  expect([reachability.apiServerDownSeconds, reachability.unreadSeconds]).toEqual([0, 0]);
});

test.each([429, 500, 503, 504])('an API server that answers %i responds, but tells nothing of a run', async (code) => {
  answer = () => Promise.reject(new ApiError(code, '', 'busy', 1));
  await probe();
  expect([reachability.apiServerDownSeconds, reachability.unreadSeconds]).toEqual([0, 60]);
});

test('a 404 tells that the run is gone', async () => {
  answer = () => Promise.reject(new ApiError(404, 'NotFound', 'not found'));
  await probe();
  expect([reachability.apiServerDownSeconds, reachability.unreadSeconds]).toEqual([0, 0]);
});

test('an API server that sends no response is down, until it sends one', async () => {
  answer = () => Promise.reject(new Error('GET had no answer within 2000 ms'));
  await probe();
  expect([reachability.apiServerDownSeconds, reachability.unreadSeconds]).toEqual([60, 60]);
  answer = () => Promise.reject(new ApiError(429, 'TooManyRequests', 'busy', 1));
  await jest.advanceTimersByTimeAsync(2000);
  expect(reachability.apiServerDownSeconds).toBe(0);
});
