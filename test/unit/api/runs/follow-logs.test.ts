import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { followLogs } from '../../../../api/runs/follow-logs.ts';
import { type JobLogs, type JobPod, kubernetesJobLogs } from '../../../../api/runs/job-logs.ts';
import { RunChanges } from '../../../../api/runs/run-changes.ts';
import { storedStatusAt } from '../../../../api/views/run-view.ts';
import type { JobState } from '../../../../contract/group-run.ts';
import { jobId } from '../../../../contract/ids.ts';
import type { KubeClient, RequestOptions } from '../../../../kube/client.ts';
import { definition, RUN_ID } from '../../../support/builders.ts';
import { MemoryRuns } from '../../../support/memory-runs.ts';

const JOBS = 10;
let runs: MemoryRuns;
let stop: AbortController;
/** The selectors of all lists of pods. */
let lists: string[];
/** The pods of those lists. */
let items: object[];
let following: Promise<void>[];
let logs: Pick<JobLogs, 'sharedPods'>;
beforeEach(async () => {
  jest.useFakeTimers();
  runs = new MemoryRuns();
  stop = new AbortController();
  lists = [];
  items = [];
  following = [];
  logs = kubernetesJobLogs(client, { read: () => Promise.reject(), close: async () => {} }, 'ns');
  const jobs = Array.from({ length: JOBS }, (_, i) => definition({ name: `job_${i}` }));
  await runs.create(RUN_ID, { group: 'group_a', jobs }, {});
});
afterEach(async () => {
  stop.abort();
  await Promise.all(following);
  jest.useRealTimers();
});

const client: Pick<KubeClient, 'request'> = {
  request: async <T>(_method: string, _path: string, { query }: RequestOptions = {}) => {
    lists.push(String(query!.labelSelector).replace('app.kubernetes.io/managed-by=async-api,', ''));
    return { items } as T;
  },
};
const podOf = (index: number, name = `pod-${index}`) => ({
  metadata: {
    name,
    creationTimestamp: '2026-11-24T11:00:00Z',
    labels: { 'batch.kubernetes.io/job-name': jobId(RUN_ID, index + 1) },
  },
  status: { containerStatuses: [{ name: 'job', state: { running: { startedAt: '2026-11-24T11:00:05Z' } } }] },
});

/** Follows the job at this index. Returns the pods that are read, whose logs are there or not. */
function follow(index: number, isThere = true): string[] {
  const pods: string[] = [];
  const read = async ({ name }: JobPod) => {
    pods.push(name);
    return isThere ? { text: (async function* () {})() } : undefined;
  };
  const changes = new RunChanges(runs, RUN_ID);
  const options = {
    status: async () => storedStatusAt((await runs.find(RUN_ID))!, index),
    pods: () => logs.sharedPods(jobId(RUN_ID, index + 1)),
    read,
    changes,
    onWait: () => {},
    signal: stop.signal,
  };
  const all = async () => {
    for await (const _log of followLogs(options));
    changes.close();
  };
  following.push(all());
  return pods;
}
/** Sets the state of these jobs; the others stay PENDING. */
const setStates = (state: JobState, ...jobs: number[]) =>
  runs.setStates(RUN_ID, ...Array.from({ length: JOBS }, (_, i) => (jobs.includes(i) ? state : 'PENDING')));
const ALL = Array.from({ length: JOBS }, (_, i) => i);

test('100 followers of 10 jobs share 2 lists of pods at their start, and 2 for 50 changes of all jobs within a second', async () => {
  for (let i = 0; i < 100; i++) {
    follow(i % JOBS);
    await jest.advanceTimersByTimeAsync(5);
  }
  await jest.advanceTimersByTimeAsync(3000);
  expect(lists).toEqual([`batch.kubernetes.io/job-name=${jobId(RUN_ID, 1)}`, `async-api.dev/run=${RUN_ID}`]);
  for (let i = 0; i < 50; i++) {
    setStates(i % 2 ? 'PENDING' : 'RETRY', ...ALL);
    await jest.advanceTimersByTimeAsync(20);
  }
  await jest.advanceTimersByTimeAsync(3000);
  expect(lists.length).toBe(4);
});

test('changes of other jobs ask for nothing', async () => {
  for (let i = 0; i < 10; i++) follow(0);
  await jest.advanceTimersByTimeAsync(3000);
  const before = lists.length;
  for (let i = 0; i < 50; i++) {
    setStates(i % 2 ? 'PENDING' : 'RETRY', 1, 2, 3);
    await jest.advanceTimersByTimeAsync(200);
  }
  expect(lists.length).toBe(before);
});

test('a pod that starts is read when its job changes, and each pod once', async () => {
  const [first, second] = [follow(0), follow(1)];
  await jest.advanceTimersByTimeAsync(3000);
  items = [podOf(0), podOf(1)];
  setStates('STARTED', 0);
  await jest.advanceTimersByTimeAsync(3000);
  expect([first, second]).toEqual([['pod-0'], []]);
  setStates('STARTED', 0, 1);
  await jest.advanceTimersByTimeAsync(3000);
  items = [podOf(0), podOf(0, 'pod-0-again'), podOf(1)];
  setStates('RETRY', 0, 1);
  await jest.advanceTimersByTimeAsync(3000);
  expect([first, second]).toEqual([['pod-0', 'pod-0-again'], ['pod-1']]);
});

test('a job that is STARTED is polled: the pod after a deleted one may leave its status as it is', async () => {
  items = [podOf(0)];
  setStates('STARTED', 0);
  const pods = follow(0);
  await jest.advanceTimersByTimeAsync(4000);
  items = [podOf(0, 'successor')];
  expect(pods).toEqual(['pod-0']);
  await jest.advanceTimersByTimeAsync(6000);
  expect(pods).toEqual(['pod-0', 'successor']);
});

test('a log that is not there yet is tried again', async () => {
  items = [podOf(0)];
  setStates('STARTED', 0);
  const pods = follow(0, false);
  await jest.advanceTimersByTimeAsync(11_000);
  expect(pods).toEqual(['pod-0', 'pod-0', 'pod-0']);
});

test('of a job that is over, every pod is read with one list', async () => {
  items = [podOf(0, 'a'), podOf(0, 'b'), podOf(0, 'c')];
  setStates('SUCCESS', 0);
  const pods = follow(0);
  await Promise.all(following);
  expect([pods, lists.length]).toEqual([['a', 'b', 'c'], 1]);
});

test('a follower ends at once when it is to stop, whatever it waits for', async () => {
  follow(0);
  await jest.advanceTimersByTimeAsync(10);
  follow(1);
  await jest.advanceTimersByTimeAsync(0);
  stop.abort();
  await Promise.all(following);
  expect(lists.length).toBe(1);
});
