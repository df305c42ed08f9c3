import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { GroupRun, JobState } from '../../contract/group-run.ts';
import { jobId } from '../../contract/ids.ts';
import { eventually } from '../support/eventually.ts';
import { Product } from '../support/harness.ts';
import { mergePatch } from '../support/merge-patch.ts';
import { idOf, runOf, statusPaths, trigger } from '../support/rest.ts';

// Without the controller: these tests write the statuses themselves, so that a run can have any state.
let product: Product;
beforeAll(async () => {
  product = await Product.install();
  await product.startApi();
});
afterAll(() => product.uninstall());

const stored = (base: string) => product.admin.request<GroupRun>('GET', product.runsPath(base));
const call = (method: string, path: string, body?: unknown) =>
  fetch(product.url + path, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
  });

/** Triggers group_a and writes these states of its jobs. Resolves with the run's id when the API has them in its cache. */
async function runWith(...states: JobState[]): Promise<string> {
  const paths = await trigger(product, 'group_a');
  const base = runOf(paths[0]!);
  const over = states.every((state) => ['SUCCESS', 'FAILURE', 'REVOKED'].includes(state));
  const jobs = states.map((state, i) => ({
    name: `job_a${i + 1}`,
    id: idOf(paths[i]!),
    state,
    jobUID: `uid-${i}`,
    attempts: 1,
    ...(state === 'FAILURE' && { reason: 'Error', message: 'exit code 3', exitCode: 3 }),
  }));
  const state = over ? (states.includes('FAILURE') ? 'FAILURE' : 'SUCCESS') : 'STARTED';
  const counts = { pending: 0, started: 0, retry: 0, success: 0, failure: 0, revoked: 0 };
  for (const one of states) counts[one.toLowerCase() as keyof typeof counts] += 1;
  const status = { state, startedAt: '2026-11-24T11:00:00Z', counts, jobs };
  await mergePatch(product.admin, `${product.runsPath(base)}/status`, { status });
  await eventually('the state in the cache of the API', async () => {
    const answer = (await (await call('GET', `/runs/${base}`)).json()) as { state: string };
    return answer.state === state || undefined;
  });
  return base;
}

test('a run over REST has the values of the stored GroupRun', async () => {
  const base = await runWith('SUCCESS', 'FAILURE', 'STARTED');
  const run = await stored(base);
  expect(await (await call('GET', `/runs/${base}`)).json()).toEqual({
    id: base,
    name: base,
    group: 'group_a',
    state: 'STARTED',
    createdAt: run.metadata.creationTimestamp,
    startedAt: run.status!.startedAt,
    counts: { pending: 0, started: 1, retry: 0, success: 1, failure: 1, revoked: 0 },
    jobs: run.status!.jobs!.map((job, index) => ({ id: jobId(base, index + 1), ...job })),
  });
});

test('a cancel of a run is stored, and its repetition gets the same answer', async () => {
  const base = await runWith('SUCCESS', 'STARTED', 'PENDING');
  for (let i = 0; i < 2; i++) {
    const response = await call('POST', `/runs/${base}/cancel`);
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ id: base, state: 'STARTED' });
  }
  expect((await stored(base)).spec.cancel).toBe(true);
});

test('concurrent cancels of two jobs of a run are both stored', async () => {
  const base = await runWith('STARTED', 'STARTED', 'STARTED');
  const ids = [1, 3].map((i) => jobId(base, i));
  const answers = await Promise.all(ids.map((id) => call('POST', `/status/${id}/cancel`)));
  expect(answers.map(({ status }) => status)).toEqual([202, 202]);
  expect(await answers[1]!.json()).toEqual({ id: ids[1], state: 'STARTED' });
  expect((await stored(base)).spec.cancelJobs).toEqual({ job_a1: true, job_a3: true });
});

test('a cancel of a finished run or job is accepted and changes nothing', async () => {
  const base = await runWith('SUCCESS', 'SUCCESS', 'SUCCESS');
  const before = (await stored(base)).metadata.resourceVersion;
  expect((await call('POST', `/runs/${base}/cancel`)).status).toBe(202);
  const id = jobId(base, 1);
  const job = await call('POST', `/status/${id}/cancel`);
  expect(await job.json()).toEqual({ id, state: 'SUCCESS' });
  expect((await stored(base)).metadata.resourceVersion).toBe(before);
});

test('a rerun is a new run with the same definitions, and names the first', async () => {
  const base = await runWith('SUCCESS', 'FAILURE', 'SUCCESS');
  const response = await call('POST', `/runs/${base}/rerun`);
  expect(response.status).toBe(202);
  const paths = await statusPaths(response);
  expect(paths).toHaveLength(3);
  const again = runOf(paths[0]!);
  expect(response.headers.get('location')).toBe(`/runs/${again}`);
  const { group, jobs } = (await stored(base)).spec;
  expect((await stored(again)).spec).toEqual({ group, jobs, rerunOf: base });
});

test('a rerun of the failed jobs has only those that did not succeed', async () => {
  const base = await runWith('SUCCESS', 'FAILURE', 'REVOKED');
  const response = await call('POST', `/runs/${base}/rerun`, { only: 'failed' });
  const paths = await statusPaths(response);
  expect((await stored(runOf(paths[0]!))).spec.jobs.map((job) => job.name)).toEqual(['job_a2', 'job_a3']);
});

test('a rerun of the failed jobs is 409 before the end of the run, and 422 if none failed', async () => {
  const running = await runWith('FAILURE', 'STARTED', 'PENDING');
  const early = await call('POST', `/runs/${running}/rerun`, { only: 'failed' });
  expect([early.status, await early.text()]).toEqual([409, expect.stringContaining('not over')]);
  const fine = await runWith('SUCCESS', 'SUCCESS', 'SUCCESS');
  const nothing = await call('POST', `/runs/${fine}/rerun`, { only: 'failed' });
  expect([nothing.status, await nothing.text()]).toEqual([422, expect.stringContaining('succeeded')]);
});

test('a rerun with an invalid body starts nothing and says what was expected', async () => {
  const base = await runWith('FAILURE', 'FAILURE', 'FAILURE');
  for (const body of [{ only: 'some' }, { onyl: 'failed' }]) {
    const response = await call('POST', `/runs/${base}/rerun`, body);
    expect([response.status, await response.text()]).toEqual([422, expect.stringMatching(/body.*(only|onyl)/s)]);
  }
  const text = await fetch(`${product.url}/runs/${base}/rerun`, { method: 'POST', body: 'only=failed' });
  expect([text.status, await text.text()]).toEqual([415, expect.stringContaining('application/json')]);
});

test('runs can be listed by group and state, page by page', async () => {
  type Page = { runs: { id: string; group: string; state: string }[]; continue?: string };
  const list = async (query: string) => (await (await call('GET', `/runs?${query}`)).json()) as Page;
  const ids: string[] = [];
  let page = await list('limit=4');
  ids.push(...page.runs.map(({ id }) => id));
  while (page.continue) {
    page = await list(`limit=4&continue=${page.continue}`);
    ids.push(...page.runs.map(({ id }) => id));
  }
  const all = await product.storedRuns();
  expect(new Set(ids)).toEqual(new Set(all.map(({ metadata }) => metadata.name)));
  expect(ids).toHaveLength(all.length);
  const failed = await list('group=group_a&state=FAILURE');
  expect(failed.runs.length).toBeGreaterThan(0);
  expect(new Set(failed.runs.map(({ state }) => state))).toEqual(new Set(['FAILURE']));
  expect((await list('group=group_x')).runs).toEqual([]);
});

test('unknown runs and jobs are 404, and an invalid query is 400', async () => {
  const nowhere = '00000000-0000-4000-8000-000000000000';
  for (const [method, path] of [
    ['GET', `/runs/${nowhere}`],
    ['GET', '/runs/dummy'],
    ['POST', `/runs/${nowhere}/cancel`],
    ['POST', '/runs/..%2fx/rerun'],
  ] as const) {
    const response = await call(method, path);
    expect([response.status, await response.text()]).toEqual([404, expect.stringContaining('no run with this id')]);
  }
  const job = await call('POST', `/status/${jobId(nowhere, 1)}/cancel`);
  expect([job.status, await job.text()]).toEqual([404, "Job with given id doesn't exists : dummy"]);
  for (const query of ['limit=0', 'limit=x', 'state=DONE', 'group=a&group=b', 'colour=red', 'continue=x']) {
    expect((await call('GET', `/runs?${query}`)).status).toBe(400);
  }
});

test('an event stream without events has comments that keep it alive', async () => {
  const [path] = await trigger(product, 'group_a');
  const response = await call('GET', `/runs/${runOf(path!)}/events`);
  let text = '';
  for await (const chunk of response.body!) {
    text += new TextDecoder().decode(chunk);
    if (text.includes('\n: nothing new\n')) break;
  }
  expect(text).toMatch(/^retry: \d+\n\nid: /);
});
