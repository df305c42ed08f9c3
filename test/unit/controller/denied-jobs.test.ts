// Real: Reconciler, JobWriter, Observer and the decisions. Not real: the API server, which keeps one run and its Jobs in memory and
// denies some, the caches, which show at once what it stores, time and randomness.
import { describe, expect, test } from '@jest/globals';
import type { GroupRun, GroupRunStatus, JobDefinition } from '../../../contract/group-run.ts';
import { paths } from '../../../contract/paths.ts';
import type { Job } from '../../../controller/decide/types.ts';
import { JobWriter } from '../../../controller/job-writer.ts';
import { Observer } from '../../../controller/observe.ts';
import { Reconciler } from '../../../controller/reconcile.ts';
import { ApiError } from '../../../kube/api-error.ts';
import type { RequestOptions } from '../../../kube/client.ts';
import { definition, NOW, run } from '../../support/builders.ts';

const DENIAL = `jobs.batch "x" is forbidden: ValidatingAdmissionPolicy 'p' denied request: no`;
const URLS = paths('async-api');

interface Call {
  /** Seconds since the start. */
  at: number;
  method: string;
  /** Number of the job, for calls about Jobs. */
  job: number;
}

/** A run of jobs, some of which are denied. `jitter` is what random returns. */
function start(
  jobs: JobDefinition[],
  isDenied: (job: number, second: number) => boolean,
  { jitter = 0.5, parallelism }: { jitter?: number; parallelism?: number } = {},
) {
  let stored: GroupRun = run(jobs);
  if (parallelism) stored.spec.parallelism = parallelism;
  const made = new Map<string, Job>();
  const calls: Call[] = [];
  let clockMs = 0;
  let wakeAt = 0;
  const second = () => clockMs / 1000;

  const post = (body: Job): Job => {
    const { name } = body.metadata;
    if (isDenied(jobNumber(name), second())) throw new ApiError(403, 'Forbidden', DENIAL);
    if (made.has(name)) throw new ApiError(409, 'AlreadyExists', 'exists');
    const metadata = { ...body.metadata, uid: `uid-${name}`, resourceVersion: '1' };
    made.set(name, { ...body, metadata, status: { active: 1 } });
    return made.get(name)!;
  };
  const answer = (method: string, path: string, body: unknown): unknown => {
    if (path.endsWith('/status')) {
      const metadata = { ...stored.metadata, resourceVersion: String(Number(stored.metadata.resourceVersion) + 1) };
      stored = { ...stored, metadata, status: (body as { status: GroupRunStatus }).status };
      return stored;
    }
    if (method === 'POST') return post(body as Job);
    if (path === URLS.pods) return { items: [] };
    const job = made.get(path.split('/').at(-1)!);
    if (!job) throw new ApiError(404, 'NotFound', 'not found');
    return job;
  };
  const client = {
    request: async <T>(method: string, path: string, { body }: RequestOptions = {}) => {
      const name = method === 'POST' ? (body as Job).metadata.name : path.split('/').at(-1)!;
      calls.push({ at: second(), method, job: path.startsWith(URLS.jobs) ? jobNumber(name) : 0 });
      // As over a network: calls in flight are answered one after another.
      await new Promise((resolve) => setImmediate(resolve));
      return answer(method, path, body) as T;
    },
  };
  const none = { byIndex: () => [] };
  const caches = {
    runs: { get: () => stored },
    jobs: { byIndex: () => [...made.values()] },
    pods: none,
    failedCreates: none,
    podEvents: none,
    tombstones: { job: () => undefined, pods: () => [] },
  };
  const observer = new Observer(client, caches, URLS);
  const writeOptions = () => ({});
  const writer = new JobWriter({
    client,
    observer,
    path: URLS.jobs,
    podsPath: URLS.pods,
    jobImage: 'image',
    jobTtlSeconds: 60,
    writeOptions,
  });
  const reconciler = new Reconciler({
    client,
    path: URLS.runs,
    runs: caches.runs,
    observer,
    jobs: writer,
    jobTtlSeconds: 60,
    onStatusWritten: () => {},
    onPodsLate: () => {},
    requeueAfter: (_name, ms) => {
      wakeAt = Math.min(wakeAt, clockMs + ms);
    },
    writeOptions,
    log: () => {},
    now: () => new Date(NOW.getTime() + clockMs),
    random: () => jitter,
  });
  return {
    calls,
    /** Reconciles whenever it is time, up to that second. */
    async until(end: number): Promise<void> {
      while (wakeAt <= end * 1000) {
        clockMs = wakeAt;
        wakeAt = Number.POSITIVE_INFINITY;
        await reconciler.reconcile(stored.metadata.name);
      }
    },
    status: (job: number) => stored.status!.jobs![job - 1]!,
    count: (method: string, from = 0, to = Number.POSITIVE_INFINITY) =>
      calls.filter((call) => call.method === method && call.job > 0 && call.at >= from && call.at < to).length,
    /** A Job was created: the pods of such a test do not matter. */
    created: () => [...made.keys()].map(jobNumber).toSorted((a, b) => a - b),
    end: (job: number) => {
      const one = [...made.values()].find(({ metadata }) => jobNumber(metadata.name) === job)!;
      const complete = { type: 'Complete', status: 'True', lastTransitionTime: NOW.toISOString() };
      made.set(one.metadata.name, { ...one, status: { conditions: [complete] } });
      wakeAt = clockMs;
    },
  };
}
const jobNumber = (id: string): number => Number.parseInt(id.slice(-4), 16);
const jobsOf = (count: number, fields: Partial<JobDefinition> = {}): JobDefinition[] =>
  Array.from({ length: count }, (_, i) =>
    definition({ name: `job-${i + 1}`, pendingDeadlineSeconds: 3600, ...fields }),
  );

describe('a run of many jobs that are all denied', () => {
  test('tries each once, then at most eight a minute, and asks for none of them: 1,080 calls in ten minutes for 1,000 jobs', async () => {
    const { until, count, calls, status } = start(jobsOf(1000), () => true);
    await until(600);
    // 125 passes of eight, one a second.
    expect(count('POST', 0, 125)).toBe(1000);
    expect(
      new Set(
        calls
          .filter(({ method }) => method === 'POST')
          .slice(0, 1000)
          .map(({ job }) => job),
      ).size,
    ).toBe(1000);
    // Passes 5, 10, 20 and 40 s apart, then each minute.
    const passes = [...new Set(calls.filter(({ method, at }) => method === 'POST' && at >= 124).map(({ at }) => at))];
    expect(passes).toEqual([124, 129, 139, 159, 199, 259, 319, 379, 439, 499, 559]);
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
