import { describe, expect, test } from '@jest/globals';
import type { JobDefinition } from '../../../contract/job-definition.ts';
import { DENIAL, jobsOf, startInMemory } from '../../support/controller-in-memory.ts';

/** A run of jobs, some of which are denied. */
const start = (
  jobs: JobDefinition[],
  isDenied: (job: number, second: number) => boolean,
  options: { jitter?: number; parallelism?: number } = {},
) => startInMemory(jobs, { isDenied, ...options });

describe('a run of many jobs that are all denied', () => {
  test('tries each once, then at most eight a minute, and asks for none of them: 1,080 calls in ten minutes for 1,000 jobs', async () => {
    const { until, count, calls, status, statuses } = start(jobsOf(1000), () => true);
    await until(600);
    // A pass of 32, then 121 of eight, one a second.
    expect([count('POST', 0, 1), count('POST', 0, 122)]).toEqual([32, 1000]);
    // One each 3.3 s, rather than one a pass.
    expect(statuses.length).toBeLessThanOrEqual(50);
    expect(
      new Set(
        calls
          .filter(({ method }) => method === 'POST')
          .slice(0, 1000)
          .map(({ job }) => job),
      ).size,
    ).toBe(1000);
    // Passes 5, 10, 20 and 40 s apart, then each minute.
    const passes = [...new Set(calls.filter(({ method, at }) => method === 'POST' && at >= 121).map(({ at }) => at))];
    expect(passes).toEqual([121, 126, 136, 156, 196, 256, 316, 376, 436, 496, 556]);
    expect(count('POST')).toBe(1000 + 8 * 10);
    expect(count('GET')).toBe(0);
    expect(status(1000)).toMatchObject({ state: 'PENDING', reason: 'FailedCreate', message: DENIAL });
  });

  test('tries them in rotation', async () => {
    const { until, calls } = start(jobsOf(20), () => true);
    await until(120);
    const tried = calls.filter(({ method }) => method === 'POST').map(({ job }) => job);
    const repeated = tried.slice(20, 20 + 24);
    expect(repeated).toEqual([...jobsOf(20).map((_, i) => i + 1), 1, 2, 3, 4]);
  });

  test('ends each at its pending deadline, if it is denied once more and the API server has no Job of it', async () => {
    const { until, count, status } = start(jobsOf(200, { pendingDeadlineSeconds: 120 }), () => true);
    await until(119);
    expect(count('GET')).toBe(0);
    await until(600);
    for (let job = 1; job <= 200; job++)
      expect(status(job)).toMatchObject({ state: 'FAILURE', reason: 'FailedCreate' });
    // Denied first, denied last, and a few in rotation in between.
    expect(count('POST')).toBeLessThanOrEqual(2 * 200 + 8 * 10);
    expect(count('GET')).toBe(200);
  });

  test('creates all of them soon after they are allowed', async () => {
    const { until, created } = start(jobsOf(200), (_job, second) => second < 300);
    await until(360);
    expect(created()).toHaveLength(200);
  });

  test('spreads its passes by jitter of a quarter', async () => {
    const passesWith = async (jitter: number) => {
      const { until, calls } = start(jobsOf(1), () => true, { jitter });
      await until(20);
      return calls.filter(({ method }) => method === 'POST').map(({ at }) => at);
    };
    expect(await passesWith(0)).toEqual([0, 3.75, 11.25]);
    expect(await passesWith(1)).toEqual([0, 6.25, 18.75]);
  });
});

describe('where only some jobs are denied', () => {
  test('those that are allowed run soon, however many denied ones come before them', async () => {
    const { until, created } = start(jobsOf(100), (job) => job <= 99);
    await until(15);
    expect(created()).toEqual([100]);
  });

  test('a denied one does not hold up the others of a run with parallelism', async () => {
    const { until, created, end, status } = start(jobsOf(3), (job) => job === 1, { parallelism: 1 });
    await until(2);
    expect(created()).toEqual([2]);
    end(2);
    await until(4);
    expect(created()).toEqual([2, 3]);
    expect(status(1)).toMatchObject({ state: 'PENDING', reason: 'FailedCreate' });
  });

  test('one that waits for room beyond its pending deadline is tried again before it ends', async () => {
    const jobs = jobsOf(2, { pendingDeadlineSeconds: 60 });
    const { until, created, end, status } = start(jobs, (_job, second) => second < 3, { parallelism: 1 });
    await until(1000);
    expect(created()).toEqual([1]);
    expect(status(2)).toMatchObject({ state: 'PENDING', reason: 'FailedCreate' });
    end(1);
    await until(1001);
    expect(created()).toEqual([1, 2]);
  });

  test('a pause is short again once a Job is created', async () => {
    const { until, calls } = start(jobsOf(2), (job, second) => job === 1 || second < 70);
    await until(120);
    const passes = [...new Set(calls.filter(({ method }) => method === 'POST').map(({ at }) => at))];
    expect(passes).toEqual([0, 5, 15, 35, 75, 80, 90, 110]);
  });
});
