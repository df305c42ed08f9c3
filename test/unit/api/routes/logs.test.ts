import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { JobLog, JobLogs, JobPod } from '../../../../api/runs/job-logs.ts';
import type { JobStatus } from '../../../../contract/group-run.ts';
import { startApp, type TestApp } from '../../../support/app.ts';

let app: TestApp;
let runId: string;
/** The pods of every job, and their logs by name; one that has none is gone. */
let pods: JobPod[];
let logs: Record<string, JobLog>;
beforeEach(async () => {
  pods = [];
  logs = {};
  const list = async () => pods;
  const jobLogs: JobLogs = { pods: list, sharedPods: list, read: async ({ name }) => logs[name] };
  app = await startApp({ logs: jobLogs });
  const response = await fetch(`${app.url}/group/good`, { method: 'POST' });
  runId = response.headers.get('location')!.slice('/runs/'.length);
});
afterEach(() => app.close());

const POD = { name: 'pod', startedAt: 0 };
const textOf = (...parts: (string | Error)[]): AsyncIterable<Uint8Array> =>
  (async function* () {
    for (const part of parts) {
      if (part instanceof Error) throw part;
      yield new TextEncoder().encode(part);
    }
  })();
const get = (query = '') => fetch(`${app.url}/status/${runId.slice(0, -1)}1/logs${query}`);
const answer = async (query = '') => {
  const response = await get(query);
  return { status: response.status, cut: response.headers.get('log-may-be-cut'), text: await response.text() };
};
type Status = Partial<JobStatus> & Pick<JobStatus, 'state'>;
const setJob = (status: Status) => app.runs.setJobs(runId, status, { state: 'SUCCESS' });

const GONE = { status: 410, text: expect.stringContaining('nothing was kept') };
const failed = (reason: string, exitCode?: number, message = 'one\ntwo\nthree'): Status => ({
  state: 'FAILURE',
  reason,
  message,
  startedAt: '2026-11-24T11:00:05Z',
  ...(exitCode !== undefined && { exitCode }),
});

describe.each(['', '?follow=true'])('when the pods of a job are gone, its log%s', (query) => {
  test.each([failed('Error', 3), failed('OOMKilled', 137)])('is the last output that was kept: %j', async (job) => {
    setJob(job);
    expect(await answer(query)).toEqual({ status: 200, cut: 'kept', text: 'one\ntwo\nthree' });
  });

  test.each<Status>([
    failed('DeadlineExceeded', undefined, 'Job was active longer than specified deadline'),
    failed('DeadlineExceeded', 143),
    failed('StartError', 128, 'exec: "x": executable file not found'),
    failed('Evicted', undefined, 'The node was low on resource: memory'),
    failed('NodeLost', undefined, 'The node n does not answer'),
    failed('JobDeleted'),
    failed('Unschedulable'),
    failed('Error'),
    { state: 'FAILURE', reason: 'Error', exitCode: 3 },
    { state: 'REVOKED', reason: 'Cancelled' },
    { state: 'SUCCESS' },
  ])('is 410 where no output was kept: %j', async (job) => {
    setJob(job);
    expect(await answer(query)).toMatchObject(GONE);
  });

  test('is 410 where the last pod is there, but its log is not', async () => {
    pods = [POD];
    setJob({ state: 'SUCCESS' });
    expect(await answer(query)).toMatchObject(GONE);
  });

  test('is empty where the last pod has written nothing', async () => {
    pods = [POD];
    logs.pod = { text: textOf() };
    setJob(failed('DeadlineExceeded', undefined, 'Job was active longer than specified deadline'));
    expect(await answer(query)).toEqual({ status: 200, cut: null, text: '' });
  });
});

test.each([
  [0, ''],
  [1, 'three'],
  [2, 'two\nthree'],
  [9, 'one\ntwo\nthree'],
])('?tail=%d holds for the output that was kept too', async (tail, text) => {
  setJob(failed('Error', 3));
  expect(await answer(`?tail=${tail}`)).toMatchObject({ status: 200, text });
});

test('a job that has not started has an empty log', async () => {
  expect(await answer()).toEqual({ status: 200, cut: null, text: '' });
});

test.each([
  [undefined, null],
  [0, null],
  [1, null],
  [2, 'rotated;first-line-after=2'],
  [755, 'rotated;first-line-after=755'],
])('a log whose first line came %s s after the start of its container has the mark %s', async (firstLineAfter, cut) => {
  pods = [POD];
  setJob({ state: 'SUCCESS' });
  for (const query of ['', '?tail=1', '?follow=true']) {
    logs.pod = { text: textOf('line\n'), firstLineAfter };
    expect(await answer(query)).toEqual({ status: 200, cut, text: 'line\n' });
  }
});

test.each(['', '?follow=true'])('a log%s that breaks off does not look complete', async (query) => {
  pods = [POD];
  logs.pod = { text: textOf('line\n', new Error('the kubelet hung up')) };
  setJob({ state: 'SUCCESS' });
  const response = await get(query);
  expect(response.status).toBe(200);
  await expect(response.text()).rejects.toThrow();
  expect(app.logged).toContainEqual(expect.objectContaining({ message: 'answer broke off' }));
});

describe('of a job that was followed from before its start, and whose log was never there to read,', () => {
  const follow = async (job: Status) => {
    const response = await get('?follow=true');
    setJob(job);
    return response.text();
  };

  test('the last output that was kept is sent', async () => {
    expect(await follow(failed('Error', 3))).toBe('one\ntwo\nthree');
  });

  test('the answer breaks off if it ran', async () => {
    await expect(follow(failed('DeadlineExceeded'))).rejects.toThrow();
  });

  test('the answer is empty if it never ran', async () => {
    expect(await follow({ state: 'REVOKED', reason: 'Cancelled' })).toBe('');
  });
});

test('each attempt of a followed job is sent as soon as it starts', async () => {
  pods = [POD];
  logs = { pod: { text: textOf('first\n') }, second: { text: textOf('second\n') } };
  setJob({ state: 'STARTED', startedAt: '2026-11-24T11:00:05Z' });
  const reader = (await get('?follow=true')).body!.getReader();
  const next = async () => new TextDecoder().decode((await reader.read()).value);
  expect(await next()).toBe('first\n');
  setJob({ state: 'RETRY', reason: 'Error', exitCode: 3, startedAt: '2026-11-24T11:00:05Z' });
  await sleep(50);
  pods = [POD, { name: 'second', startedAt: 0 }];
  setJob({ state: 'SUCCESS', startedAt: '2026-11-24T11:00:05Z', attempts: 2 });
  expect(await next()).toBe('second\n');
  expect((await reader.read()).done).toBe(true);
});
