import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type GroupRun, type JobStatus, MAX_SPEC_BYTES } from '../../contract/group-run.ts';
import { storedBytes } from '../../contract/stored-size.ts';
import { fittedStatus } from '../../controller/decide/fitted-status.ts';
import { runStatus } from '../../controller/decide/run-status.ts';
import { Product } from '../support/harness.ts';
import { mergePatch } from '../support/merge-patch.ts';

let product: Product;
beforeAll(async () => {
  product = await Product.install();
});
afterAll(() => product.uninstall());

const definition = {
  name: 'job_1',
  sleep: { seconds: 1 },
  activeDeadlineSeconds: 60,
  pendingDeadlineSeconds: 60,
  backoffLimit: 0,
};
const create = (spec: object) => product.createRun(spec);
const patch = (path: string, body: object) => mergePatch<GroupRun>(product.admin, path, body);

test('a run with valid jobs is stored unchanged', async () => {
  const run = await create({ group: 'group_a', jobs: [definition] });
  expect(run.spec).toEqual({ group: 'group_a', jobs: [definition] });
});

test('a run of 1,000 jobs is accepted and one of 1,001 is refused', async () => {
  const jobs = Array.from({ length: 1001 }, (_, index) => ({ ...definition, name: `job_${index}` }));
  await create({ group: 'g', jobs: jobs.slice(1) });
  await expect(create({ group: 'g', jobs })).rejects.toThrow(/at most 1000/);
});

test('the largest accepted run still has room for the largest status', async () => {
  const name = (index: number) => `${index}`.padStart(63, 'x');
  const bare = { ...definition, sleep: undefined, container: { image: 'i'.repeat(100) } };
  const jobs = Array.from({ length: 1000 }, (_, index) => ({ ...bare, name: name(index) }));
  const room = Math.floor((MAX_SPEC_BYTES - storedBytes({ group: 'g', jobs })) / 1000);
  const large = jobs.map((one) => ({ ...one, container: { image: 'i'.repeat(100 + room) } }));
  const run = await create({ group: 'g', jobs: large });
  const time = '2026-11-25T19:00:00.000Z';
  const full = { jobUID: run.metadata.uid, exitCode: 137, attempts: 21, startedAt: time };
  const ended = (fields: Partial<JobStatus>): JobStatus[] =>
    large.map((one) => fittedStatus({ name: one.name, state: 'STARTED', finishedAt: time, ...full, ...fields }, 1000));
  const statuses = {
    FAILURE: ended({ state: 'FAILURE', reason: 'CreateContainerConfigError', message: '<b>'.repeat(1000) }),
    SUCCESS: ended({ state: 'SUCCESS', result: `${'<b>'.repeat(25)}${'x'.repeat(75)}` }),
  };
  expect(storedBytes(statuses.SUCCESS.map(({ result }) => result)) - 3001).toBe(400_000);
  const path = `${product.runsPath(run.metadata.name)}/status`;
  for (const started of Object.values(statuses)) {
    const jobs = started.map((one) => ({ ...one, state: 'STARTED' as const }));
    await patch(path, { status: { ...runStatus(run, jobs, new Date()), jobs } });
  }
  const state = (index: number) => (index % 2 === 0 ? 'SUCCESS' : 'FAILURE');
  const mixed = large.map((_, index) => statuses[state(index)][index]!);
  const stored = await patch(path, { status: runStatus(run, mixed, new Date()) });
  expect(stored.status?.jobs).toEqual(JSON.parse(JSON.stringify(mixed)));
  expect(stored.status?.jobs?.[998]?.result).toMatch(/^<b>.*x$/);
  expect(stored.status?.jobs?.[999]?.message).toMatch(/^.*<b>$/);
});

test.each([
  ['no jobs', { group: 'g', jobs: [] }, /at least 1/],
  ['another onFailure', { group: 'g', jobs: [definition], onFailure: 'stop' }, /onFailure/],
  [
    'an earlier result of 4,097 characters',
    { group: 'g', jobs: [definition], earlierResults: { a: 'x'.repeat(4097) } },
    /4096/,
  ],
  ['a job without a name', { group: 'g', jobs: [{ ...definition, name: undefined }] }, /spec\.jobs\[0\]\.name/],
  ['a job name that is no label', { group: 'g', jobs: [{ ...definition, name: 'a b' }] }, /spec\.jobs\[0\]\.name/],
  [
    'a parameter name that is no variable name',
    { group: 'g', jobs: [definition], parameters: { 'a b': 'c' } },
    /parameter names/,
  ],
])('a run with %s is refused', async (_what, spec, message) => {
  await expect(create(spec)).rejects.toThrow(message);
});

test('the jobs and the group of a run cannot be changed', async () => {
  const run = await create({ group: 'group_a', jobs: [definition] });
  const path = product.runsPath(run.metadata.name);
  await expect(patch(path, { spec: { group: 'other' } })).rejects.toThrow(/immutable/i);
  await expect(patch(path, { spec: { jobs: [{ ...definition, backoffLimit: 3 }] } })).rejects.toThrow(/immutable/i);
  // The API server does not know these fields, and compares them all the same.
  await expect(patch(path, { spec: { jobs: [{ ...definition, sleep: { seconds: 2 } }] } })).rejects.toThrow(
    /immutable/i,
  );
  await expect(patch(path, { spec: { jobs: [{ ...definition, other: 1 }] } })).rejects.toThrow(/immutable/i);
  await expect(patch(path, { spec: { parameters: { a: 'b' } } })).rejects.toThrow(/immutable/i);
  await expect(patch(path, { spec: { parallelism: 2 } })).rejects.toThrow(/immutable/i);
});

test('the order of a run, what fails together and earlier results cannot be changed', async () => {
  const jobs = [
    { ...definition, needs: ['before', 'job_0'] },
    { ...definition, name: 'job_0' },
  ];
  const results = Object.fromEntries(Array.from({ length: 140 }, (_, index) => [`job.${index}`, 'x'.repeat(4096)]));
  const spec = { group: 'g', jobs, onFailure: 'cancel', earlierResults: { before: '{"rows":1}', ...results } };
  const run = await create(spec);
  expect(run.spec).toEqual(spec);
  const path = product.runsPath(run.metadata.name);
  await expect(patch(path, { spec: { onFailure: 'continue' } })).rejects.toThrow(/onFailure is immutable/);
  await expect(patch(path, { spec: { onFailure: null } })).rejects.toThrow(/onFailure is immutable/);
  await expect(patch(path, { spec: { earlierResults: { before: '' } } })).rejects.toThrow(
    /earlierResults are immutable/,
  );
  await expect(patch(path, { spec: { earlierResults: { job_0: '' } } })).rejects.toThrow(
    /earlierResults are immutable/,
  );
  await expect(patch(path, { spec: { earlierResults: null } })).rejects.toThrow(/earlierResults are immutable/);
  expect((await patch(path, { spec: { cancel: true } })).spec.cancel).toBe(true);
});

test('a run can be cancelled, and the cancel cannot be undone', async () => {
  const run = await create({ group: 'group_a', jobs: [definition] });
  const path = product.runsPath(run.metadata.name);
  expect((await patch(path, { spec: { cancel: true } })).spec.cancel).toBe(true);
  await expect(patch(path, { spec: { cancel: false } })).rejects.toThrow(/cancel/i);
  await expect(patch(path, { spec: { cancel: null } })).rejects.toThrow(/cancel/i);
});

test('single jobs can be cancelled one after the other, and no cancel can be undone', async () => {
  const run = await create({ group: 'group_a', jobs: [definition, { ...definition, name: 'job_2' }] });
  const path = product.runsPath(run.metadata.name);
  await patch(path, { spec: { cancelJobs: { job_1: true } } });
  const { spec } = await patch(path, { spec: { cancelJobs: { job_2: true } } });
  expect(spec.cancelJobs).toEqual({ job_1: true, job_2: true });
  await expect(patch(path, { spec: { cancelJobs: { job_1: null } } })).rejects.toThrow(/cannot be undone/);
  await expect(patch(path, { spec: { cancelJobs: null } })).rejects.toThrow(/cannot be undone/);
  await expect(patch(path, { spec: { cancelJobs: { job_1: false } } })).rejects.toThrow(/cancelJobs/);
});

test.each(['SUCCESS', 'FAILURE', 'REVOKED'])('a job that is %s stays so', async (state) => {
  const run = await create({ group: 'group_a', jobs: [definition] });
  const path = `${product.runsPath(run.metadata.name)}/status`;
  const status = (to: string) => ({ status: { state: 'STARTED', jobs: [{ name: 'job_1', state: to }] } });
  await patch(path, status('STARTED'));
  await patch(path, status(state));
  await expect(patch(path, status('STARTED'))).rejects.toThrow(/terminal/i);
  await patch(path, status(state));
});

test('a job that is over stays so whatever its position, and no entry can be removed', async () => {
  const run = await create({ group: 'group_a', jobs: ['a', 'b', 'c'].map((name) => ({ ...definition, name })) });
  const path = `${product.runsPath(run.metadata.name)}/status`;
  const status = (...states: string[]) => ({
    status: { state: 'STARTED', jobs: states.map((state, i) => ({ name: 'abc'[i], state })) },
  });
  await patch(path, status('STARTED', 'PENDING', 'SUCCESS'));
  await expect(patch(path, status('STARTED', 'PENDING', 'FAILURE'))).rejects.toThrow(/terminal/i);
  await expect(patch(path, status('STARTED', 'SUCCESS'))).rejects.toThrow(/cannot be removed|terminal/i);
  await expect(patch(path, { status: { jobs: null } })).rejects.toThrow(/cannot be removed/);
  await expect(patch(path, { status: null })).rejects.toThrow(/cannot be removed/);
  await patch(path, status('SUCCESS', 'STARTED', 'SUCCESS'));
});

test('a write to the status does not change the spec, nor the other way round', async () => {
  const run = await create({ group: 'group_a', jobs: [definition] });
  const path = product.runsPath(run.metadata.name);
  await patch(`${path}/status`, { spec: { cancel: true }, status: { state: 'STARTED' } });
  const stored = await patch(path, { status: { state: 'FAILURE' } });
  expect(stored.spec.cancel).toBeUndefined();
  expect(stored.status?.state).toBe('STARTED');
});
