import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type GroupRunSpec, isTerminal } from '../../../contract/group-run.ts';
import type { JobDefinition } from '../../../contract/job-definition.ts';
import { hasOutcome } from '../../../controller/decide/observed.ts';
import type { Job } from '../../../controller/decide/types.ts';
import { definition } from '../../support/builders.ts';
import { complete, jobNumber, podOf, startInMemory } from '../../support/controller-in-memory.ts';

/** What the pod of a job does: it runs for so long, then ends with this exit code. */
interface Work {
  ms: number;
  exitCode: number;
}
type Options = Parameters<typeof startInMemory>[1];

/** A controller of these jobs, by name with what each needs, whose pods work as `work` says (by default 100 ms, and succeed). */
function start(order: Record<string, string[]>, work: Record<string, Partial<Work>> = {}, options: Options = {}) {
  const jobs = Object.entries(order).map(
    ([name, needs]): JobDefinition => definition({ name, ...(needs.length > 0 && { needs }) }),
  );
  const controller = startInMemory(jobs, { gapMs: 20, ...options });
  const { whenJob, after, made, pods, now } = controller;
  const condition = (type: string, reason?: string) => ({
    type,
    status: 'True',
    lastTransitionTime: now(),
    ...(reason && { reason }),
  });
  /** For each Job that was created: the jobs whose work had not succeeded by then, although it needs them. */
  const early: string[] = [];
  const seen = new Set<string>();
  const begin = (job: Job) => {
    const { name } = job.metadata;
    const { name: jobName, needs = [] } = jobs[jobNumber(name) - 1]!;
    for (const need of needs) {
      const needed = [...made.values()].find((one) => jobs[jobNumber(one.metadata.name) - 1]!.name === need);
      const succeeded = needed?.status?.conditions?.some(({ type }) => type === 'Complete');
      if (!succeeded) early.push(`${jobName} before ${need}`);
    }
    const { ms = 100, exitCode = 0 } = work[jobName] ?? {};
    const startedAt = now();
    pods.set(name, [
      podOf(job, { phase: 'Running', containerStatuses: [{ name: 'job', state: { running: { startedAt } } }] }),
    ]);
    after(ms, () => {
      const current = made.get(name);
      if (!current || current.spec?.suspend) return;
      const state = { terminated: { exitCode, startedAt, finishedAt: now() } };
      const phase = exitCode === 0 ? 'Succeeded' : 'Failed';
      pods.set(name, [podOf(job, { phase, containerStatuses: [{ name: 'job', state }] })]);
      const failure = { failed: 1, conditions: [condition('FailureTarget', 'BackoffLimitExceeded')] };
      made.set(name, exitCode === 0 ? complete(current, now()) : { ...current, status: failure });
    });
  };
  const stop = ({ metadata: { name } }: Job) =>
    after(50, () => {
      if (hasOutcome(made.get(name)!)) return;
      pods.delete(name);
      const conditions = [condition('Suspended')];
      made.set(name, { ...made.get(name)!, status: { active: 0, terminating: 0, conditions } });
    });
  whenJob((job) => {
    const { name } = job.metadata;
    if (job.spec?.suspend && !job.status?.conditions?.length) stop(job);
    if (!seen.has(name)) begin(job);
    seen.add(name);
  });
  const ends = () =>
    Object.fromEntries(
      (controller.run().status?.jobs ?? []).map(({ name, state, reason }) => [
        name,
        reason ? `${state}/${reason}` : state,
      ]),
    );
  const names = [...Object.keys(order)];
  /** The names of the jobs that had a Job, in the order of their creation. */
  const created = () => [...seen].map((name) => names[jobNumber(name) - 1]!);
  return { ...controller, ends, early, created };
}

const DIAMOND = { first: [], left: ['first'], right: ['first'], last: ['left', 'right'] };

test('a job starts when all that it needs have succeeded, and says meanwhile what it waits for', async () => {
  const { until, ends, early, created, status } = start(DIAMOND, { right: { ms: 3000 } });
  await until(0);
  expect(status(2)).toEqual({ name: 'left', state: 'PENDING', reason: 'WaitsForJobs', message: 'It waits for first.' });
  expect(status(4).message).toBe('It waits for left, right.');
  await until(3);
  expect(status(4).message).toBe('It waits for right.');
  await until(30);
  expect(ends()).toEqual({ first: 'SUCCESS', left: 'SUCCESS', right: 'SUCCESS', last: 'SUCCESS' });
  expect([created(), early]).toEqual([['first', 'left', 'right', 'last'], []]);
});

test('a job that can start does so by the next pass, which waits for no event and for no write of the status', async () => {
  const { until, calls } = start(DIAMOND, { first: { ms: 100 }, left: { ms: 5000 }, right: { ms: 5000 } });
  await until(0.2);
  expect(calls.map(({ at, method, resource, job }) => `${at} ${method} ${resource} ${job || ''}`.trim())).toEqual([
    '0 POST jobs 1',
    '0 PUT runs/status',
    '0.1 POST jobs 2',
    '0.1 POST jobs 3',
  ]);
});

test('jobs that wait take no room of parallelism', async () => {
  const order = { last: ['first'], other: ['first'], first: [], free: [] };
  const { until, ends, created } = start(order, {}, { parallelism: 1 });
  await until(30);
  expect(created()).toEqual(['first', 'free', 'last', 'other']);
  expect(Object.values(ends())).toEqual(Array(4).fill('SUCCESS'));
});

test('a failure revokes a chain of a thousand jobs with the status that tells it', async () => {
  const name = (index: number) => `job-${index}`;
  const chain = Object.fromEntries(
    Array.from({ length: 1000 }, (_, i) => [name(i), i === 0 ? [] : [name(i - 1)]] as const).reverse(),
  );
  const { until, statuses, run, created } = start(chain as Record<string, string[]>, { 'job-0': { exitCode: 3 } });
  await until(30);
  expect(created()).toEqual(['job-0']);
  expect(statuses.findIndex(({ counts }) => counts!.failure === 1)).toBe(statuses.length - 1);
  expect(run().status).toMatchObject({ state: 'FAILURE', counts: { failure: 1, revoked: 999 } });
  const { jobs } = run().status!;
  expect(jobs!.at(-2)).toMatchObject({
    reason: 'DependencyFailed',
    message: 'It needs job-0, which is FAILURE: Error, exit code 3.',
  });
  expect(jobs![0]).toMatchObject({ message: 'It needs job-998, which is REVOKED: DependencyFailed.' });
});

test('a job that is cancelled while it waits is REVOKED, and so is what needs it', async () => {
  const { until, after, change, ends } = start(
    { first: [], second: ['first'], third: ['second'] },
    { first: { ms: 2000 } },
  );
  after(500, () => change({ cancelJobs: { second: true } }));
  await until(30);
  expect(ends()).toEqual({ first: 'SUCCESS', second: 'REVOKED/Cancelled', third: 'REVOKED/DependencyFailed' });
});

describe('in a run whose jobs fail together', () => {
  const together: Options = { spec: { onFailure: 'cancel' } };

  test('a failure stops what runs, waits or has not begun, and what had succeeded stays so', async () => {
    const order = { short: [], long: [], bad: [], after: ['long'], late: [] };
    const work = { short: { ms: 100 }, bad: { ms: 1000, exitCode: 3 }, long: { ms: 60_000 } };
    const { until, ends, created, status } = start(order, work, { ...together, parallelism: 3 });
    await until(0.5);
    expect(created()).toEqual(['short', 'long', 'bad', 'late']);
    await until(30);
    expect(ends()).toEqual({
      short: 'SUCCESS',
      long: 'REVOKED/GroupFailed',
      bad: 'FAILURE/Error',
      after: 'REVOKED/GroupFailed',
      late: 'SUCCESS',
    });
    expect(status(2).message).toBe('The job bad failed: Error, exit code 3.');
  });

  test('no Job is created beside the failure that makes room for it', async () => {
    const { until, ends, created } = start(
      { bad: [], next: [] },
      { bad: { exitCode: 1 } },
      { ...together, parallelism: 1 },
    );
    await until(30);
    expect(created()).toEqual(['bad']);
    expect(ends()).toEqual({ bad: 'FAILURE/Error', next: 'REVOKED/GroupFailed' });
  });

  test('a failure is acted on at once, and once', async () => {
    const { until, calls } = start(
      { bad: [], long: [] },
      { bad: { ms: 1000, exitCode: 1 }, long: { ms: 60_000 } },
      together,
    );
    await until(20);
    const patches = calls.filter(({ method, resource }) => method === 'PATCH' && resource === 'jobs');
    expect(patches.map(({ at, job }) => [at, job])).toEqual([[1, 2]]);
  });

  test('a Job that the caches do not show yet is found and stopped, not left to run behind its back', async () => {
    const work = { bad: { ms: 0, exitCode: 1 }, long: { ms: 60_000 } };
    const hidden: Options = { ...together, lagMs: (job) => (job === 2 ? 5000 : 0), kill: { call: 1, when: 'after' } };
    const { until, ends, calls, pods } = start({ bad: [], long: [] }, work, hidden);
    await until(4);
    expect(
      calls.filter(({ method, resource, job }) => resource === 'jobs' && job === 2 && method !== 'GET'),
    ).toMatchObject([{ method: 'POST' }, { method: 'PATCH' }]);
    await until(30);
    expect(ends()).toEqual({ bad: 'FAILURE/Error', long: 'REVOKED/GroupFailed' });
    expect(pods.size).toBe(1);
  });

  test('the end of a job by a cancel stops no other', async () => {
    const { until, after, change, ends } = start(
      { one: [], two: [] },
      { one: { ms: 9000 }, two: { ms: 2000 } },
      together,
    );
    after(500, () => change({ cancelJobs: { one: true } }));
    await until(30);
    expect(ends()).toEqual({ one: 'REVOKED/Cancelled', two: 'SUCCESS' });
  });
});

/** How the job of each name must end, whatever happens in between. */
function expectedEnds(order: Record<string, string[]>, work: Record<string, Work>): Record<string, string> {
  const ends: Record<string, string> = {};
  for (const [name, needs] of Object.entries(order)) {
    const isStuck = needs.some((need) => ends[need] !== 'SUCCESS');
    ends[name] = isStuck ? 'REVOKED/DependencyFailed' : work[name]!.exitCode === 0 ? 'SUCCESS' : 'FAILURE/Error';
  }
  return ends;
}

const work: fc.Arbitrary<Work> = fc.record({
  ms: fc.integer({ min: 1, max: 3000 }),
  exitCode: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(3) }),
});
/** Up to eight jobs, each with some of those before it as its needs, in any order of the definitions. */
const runs = fc
  .array(fc.record({ work, needs: fc.array(fc.nat(7), { maxLength: 3 }) }), { minLength: 1, maxLength: 8 })
  .map((jobs) => {
    const name = (index: number) => `job-${index}`;
    const order = jobs.map(({ needs }, index) => [...new Set(needs.filter((need) => need < index))].map(name));
    return {
      order: Object.fromEntries(order.map((needs, index) => [name(index), needs])),
      work: Object.fromEntries(jobs.map((job, index) => [name(index), job.work])),
    };
  })
  .chain(({ order, work }) =>
    fc.record({
      order: fc.constant(order),
      work: fc.constant(work),
      places: fc.shuffledSubarray(Object.keys(order), { minLength: Object.keys(order).length }),
      options: fc.record({
        parallelism: fc.integer({ min: 0, max: 3 }),
        lagMs: fc.constantFrom(
          () => 0,
          () => 200,
        ),
        kill: fc.record({ call: fc.nat(40), when: fc.constantFrom('before' as const, 'after' as const) }),
      }),
    }),
  );

test('in any run, with the controller killed and caches that lag, no job starts early and each ends as it must', async () => {
  await fc.assert(
    fc.asyncProperty(runs, async ({ order, work, places, options }) => {
      const placed = Object.fromEntries(places.map((name) => [name, order[name]!]));
      const { until, ends, early, run } = start(placed, work, options);
      await until(60);
      expect(early).toEqual([]);
      expect(isTerminal(run().status!.state)).toBe(true);
      expect(ends()).toEqual(expectedEnds(order, work));
    }),
    { numRuns: 150 },
  );
});

test('in any run whose jobs fail together, a failure ends all, and without one all succeed', async () => {
  await fc.assert(
    fc.asyncProperty(runs, async ({ order, work, places, options }) => {
      const placed = Object.fromEntries(places.map((name) => [name, order[name]!]));
      const { until, ends, early, run, made, pods } = start(placed, work, {
        ...options,
        spec: { onFailure: 'cancel' },
      });
      await until(30);
      expect(early).toEqual([]);
      const found = ends();
      const states = Object.values(found);
      const allowed = /^(SUCCESS|FAILURE\/Error|REVOKED\/(DependencyFailed|GroupFailed))$/;
      expect(states.filter((state) => !allowed.test(state))).toEqual([]);
      expect(isTerminal(run().status!.state)).toBe(true);
      const failed = states.includes('FAILURE/Error');
      expect(run().status!.state).toBe(failed ? 'FAILURE' : 'SUCCESS');
      for (const [name, state] of Object.entries(found))
        if (state === 'FAILURE/Error') expect(work[name]!.exitCode).toBe(3);
      // Nothing goes on that is over.
      const running = [...made.keys()].filter((name) =>
        pods.get(name)?.some(({ status }) => status?.phase === 'Running'),
      );
      expect(running).toEqual([]);
    }),
    { numRuns: 150 },
  );
});

describe.each<[string, Partial<GroupRunSpec>, Record<string, string>]>([
  [
    'a diamond whose middle fails',
    {},
    { first: 'SUCCESS', left: 'FAILURE/Error', right: 'SUCCESS', last: 'REVOKED/DependencyFailed' },
  ],
  [
    'one whose jobs fail together',
    { onFailure: 'cancel' },
    { first: 'SUCCESS', left: 'FAILURE/Error', right: 'REVOKED/GroupFailed', last: 'REVOKED/DependencyFailed' },
  ],
])('the controller of %s', (_what, spec, expected) => {
  const diamond = (options: Options = {}) =>
    start(DIAMOND, { left: { ms: 500, exitCode: 3 }, right: { ms: 9000 } }, { spec, ...options });

  test('may be killed before and after each of its calls', async () => {
    const whole = diamond();
    await whole.until(120);
    expect(whole.calls.length).toBeGreaterThan(6);
    for (const lagMs of [0, 300]) {
      for (let call = 0; call < whole.calls.length; call++) {
        for (const when of ['before', 'after'] as const) {
          const killed = diamond({ kill: { call, when }, lagMs: () => lagMs });
          await killed.until(120);
          const made = killed.calls.filter(({ method, job }) => method === 'POST' && job === 4).length;
          expect({ call, when, ends: killed.ends(), made }).toEqual({ call, when, ends: expected, made: 0 });
          expect(killed.early).toEqual([]);
        }
      }
    }
  });
});
