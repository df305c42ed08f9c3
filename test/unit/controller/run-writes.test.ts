import { expect, test } from '@jest/globals';
import type { Job } from '../../../controller/decide/types.ts';
import { complete, jobNumber, jobsOf, podOf, startInMemory } from '../../support/controller-in-memory.ts';

const WORK_MS = 1000;
/** As the controller's main.ts has it. */
const gapMs = (jobs: number) => 20 + 0.1 * jobs;

/** Each Job has a pod that runs 200 ms later, and then works for about a second. */
function simulate(controller: ReturnType<typeof startInMemory>, stopped: (job: Job) => void = () => {}) {
  const { whenJob, after, made, pods, now } = controller;
  whenJob((job) => {
    if (job.spec?.suspend) return stopped(job);
    const { name } = job.metadata;
    const startedAt = new Date(Date.parse(now()) + 200).toISOString();
    after(200, () => {
      if (made.get(name)?.spec?.suspend) return;
      pods.set(name, [
        podOf(job, { phase: 'Running', containerStatuses: [{ name: 'job', state: { running: { startedAt } } }] }),
      ]);
    });
    after(200 + WORK_MS + (jobNumber(name) % 7) * 30, () => {
      if (made.get(name)?.spec?.suspend) return;
      const terminated = { exitCode: 0, startedAt, finishedAt: now() };
      pods.set(name, [podOf(job, { phase: 'Succeeded', containerStatuses: [{ name: 'job', state: { terminated } }] })]);
      made.set(name, complete(job, now()));
    });
  });
}

test('a run of 300 jobs, 20 at a time, costs a create for each and a status write each 1.2 s, and one call deletes its Jobs', async () => {
  const [jobs, parallelism] = [300, 20];
  const controller = startInMemory(jobsOf(jobs), { parallelism, gapMs: gapMs(jobs), jobTtlSeconds: 60 });
  simulate(controller);
  await controller.until(600);
  const { calls, run, statuses, made } = controller;
  expect(run().status).toMatchObject({ state: 'SUCCESS', succeeded: '300/300' });
  const seconds = (Date.parse(run().status!.finishedAt!) - Date.parse(run().status!.startedAt!)) / 1000;
  const count = (method: string, resource: string) =>
    calls.filter((call) => call.method === method && call.resource === resource).length;
  const counted = Object.fromEntries(
    ['POST jobs', 'PATCH jobs', 'DELETE jobs', 'GET jobs', 'GET pods'].map((what) => {
      const [method, resource] = what.split(' ') as [string, string];
      return [what, count(method, resource)];
    }),
  );
  expect(counted).toEqual({ 'POST jobs': 300, 'PATCH jobs': 0, 'DELETE jobs': 1, 'GET jobs': 0, 'GET pods': 0 });
  // The first, one each 1.2 s, and the end.
  expect(statuses.length).toBeLessThanOrEqual(2 + Math.ceil(seconds / 1.2));
  expect(statuses.length).toBeGreaterThan(seconds / 1.5);
  // The next Jobs wait for no write: fifteen rounds of work, each seen within the gap between two reconciles.
  expect(seconds).toBeLessThan((jobs / parallelism) * ((200 + WORK_MS + 6 * 30) / 1000 + (2 * gapMs(jobs)) / 1000));
  const [deletion] = calls.filter(({ method }) => method === 'DELETE');
  expect(deletion!.at).toBeGreaterThanOrEqual(60 + seconds);
  expect(made.size).toBe(0);
});

test('stopping 100 jobs takes one patch each, and one list of pods for all that end together', async () => {
  const jobs = 100;
  const controller = startInMemory(jobsOf(jobs), { gapMs: gapMs(jobs) });
  const { made, pods, after, now, calls, change, until } = controller;
  simulate(controller, ({ metadata: { name } }) => {
    after(50, () => {
      const suspended = { type: 'Suspended', status: 'True', lastTransitionTime: now() };
      const status = { conditions: [suspended], active: 0, terminating: 1 };
      made.set(name, { ...made.get(name)!, status });
    });
    // The pods end within two seconds, in four groups.
    after(500 * (1 + (jobNumber(name) % 4)), () => {
      pods.delete(name);
      const one = made.get(name)!;
      made.set(name, { ...one, status: { ...one.status, terminating: 0 } });
    });
  });
  after(600, () => change({ cancel: true }));
  await until(10);
  expect(controller.run().status).toMatchObject({ state: 'REVOKED', counts: { revoked: jobs } });
  const lists = calls.filter(({ method, resource }) => method === 'GET' && resource === 'pods');
  expect(lists).toHaveLength(4);
  const writes = calls.filter(({ method }) => method !== 'GET');
  const of = (method: string, resource: string) =>
    writes.filter((one) => one.method === method && one.resource === resource).length;
  expect([of('POST', 'jobs'), of('PATCH', 'jobs'), of('DELETE', 'jobs')]).toEqual([jobs, jobs, 0]);
  // The first, the pods that started, the cancel, at most one each 0.6 s, and the end.
  expect(of('PUT', 'runs/status')).toBeLessThanOrEqual(7);
});

test('a Job that was created and is not recorded yet is not created again after somebody deletes it', async () => {
  const controller = startInMemory(jobsOf(4), { parallelism: 2, gapMs: gapMs(4) });
  simulate(controller);
  const { made, calls, until, after, run } = controller;
  // The Job of 4 follows that of 3 within 30 ms, so its write waits.
  const deleteFourth = () => {
    const name = [...made.keys()].find((one) => jobNumber(one) === 4);
    if (!name) return after(5, deleteFourth);
    expect(run().status!.jobs![3]!.jobUID).toBeUndefined();
    made.delete(name);
  };
  after(1200, deleteFourth);
  await until(30);
  expect(calls.filter(({ method, job }) => method === 'POST' && job === 4)).toHaveLength(1);
  expect(controller.status(4)).toMatchObject({ state: 'FAILURE', reason: 'JobDeleted' });
});
