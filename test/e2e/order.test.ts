import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import type { RunView } from '../../api/views/schemas.ts';
import { newRunId } from '../../contract/ids.ts';
import { isRunning } from '../../controller/decide/pods.ts';
import type { Job, Pod } from '../../controller/decide/types.ts';
import { blocksOf } from '../support/doc-blocks.ts';
import { eventually } from '../support/eventually.ts';
import { Product } from '../support/harness.ts';
import { finalStatus, idOf, runOf, statusOf, statusPaths, trigger } from '../support/rest.ts';

const fast = { sleep: { seconds: 0 } };
const failing = (exitCode: number) => ({ sleep: { seconds: 0, failProbability: 1, exitCode } });
const DIAMOND = {
  first: fast,
  left: { needs: ['first'], ...failing(3) },
  right: { needs: ['first'], ...fast },
  last: { needs: ['left', 'right'], ...fast },
};

let product: Product;
beforeAll(async () => {
  product = await Product.install();
  const [example] = blocksOf('docs/groups.md').filter(({ section, info }) => section === 'Order' && info[0] === 'yaml');
  const groups = {
    ...parse(example!.text),
    broken: { jobs: DIAMOND },
    together: { onFailure: 'cancel', jobs: { ...DIAMOND, right: { needs: ['first'], sleep: { seconds: 600 } } } },
    once: { jobs: { one: { ...failing(42), backoffLimit: 3, failOnExitCodes: [42, 7] } } },
    busy: { jobs: { one: { ...failing(75), ignoreExitCodes: [75], activeDeadlineSeconds: 20 } } },
  };
  const file = await product.writeConfig({ groups });
  await Promise.all([product.startApi(file), product.startController()]);
});
afterAll(() => product.uninstall());

const runAt = async (id: string, query = ''): Promise<RunView> =>
  (await (await fetch(`${product.url}/runs/${id}${query}`)).json()) as RunView;
/** The run when it is over. */
const ended = (id: string): Promise<RunView> =>
  eventually(
    'the end of the run',
    async () => {
      const run = await runAt(id, '?wait=10s');
      return ['SUCCESS', 'FAILURE', 'REVOKED'].includes(run.state) ? run : undefined;
    },
    90_000,
  );
const endsOf = ({ jobs }: RunView) =>
  Object.fromEntries(jobs.map(({ name, state, reason }) => [name, reason ? `${state}/${reason}` : state]));
const ofRun = async <T>(path: string, id: string): Promise<T[]> => {
  const query = { labelSelector: `async-api.dev/run=${id}` };
  return (await product.admin.request<{ items: T[] }>('GET', path, { query })).items;
};
const podsOf = (id: string) => ofRun<Pod>(product.podsPath(), id);

test('the example of docs/groups.md runs in its order, and its last job gets the results of those that it needs', async () => {
  const paths = await trigger(product, 'nightly_report');
  const waiting = await statusOf(product, paths[3]!);
  expect(waiting).toMatchObject({ state: 'PENDING' });
  const { jobs, ...run } = await ended(runOf(paths[0]!));
  expect(run).toMatchObject({ state: 'SUCCESS', onFailure: 'cancel' });
  const [extract, region, product_, publish] = jobs.map(({ startedAt, finishedAt }) =>
    [startedAt!, finishedAt!].map(Date.parse),
  );
  // A finish is the time of the Job's condition, in whole seconds, and the container had ended before.
  expect(Math.min(region![0]!, product_![0]!)).toBeGreaterThanOrEqual(extract![1]!);
  expect(publish![0]!).toBeGreaterThanOrEqual(Math.max(region![1]!, product_![1]!));
  const log = await (await fetch(`${product.url}/status/${idOf(paths[3]!)}/logs`)).text();
  expect(log).toContain('regions.csv and products.csv');
});

test('a failure in the middle of a diamond revokes what needs it, and the rest goes on', async () => {
  const [first] = await trigger(product, 'broken');
  const id = runOf(first!);
  const reasons = new Set<string>();
  const run = await eventually(
    'the end of the run',
    async () => {
      const seen = await runAt(id);
      const { reason, message } = seen.jobs[3]!;
      if (reason) reasons.add(`${reason}: ${message}`);
      return seen.state === 'FAILURE' ? seen : undefined;
    },
    90_000,
  );
  expect(endsOf(run)).toEqual({
    first: 'SUCCESS',
    left: 'FAILURE/Error',
    right: 'SUCCESS',
    last: 'REVOKED/DependencyFailed',
  });
  expect([...reasons].filter((one) => one.startsWith('WaitsForJobs')).length).toBeGreaterThan(0);
  expect(run.jobs[3]).toMatchObject({ message: 'It needs left, which is FAILURE: Error, exit code 3.' });
  const jobs = await ofRun<Job>(product.jobsPath(), id);
  expect(jobs.map(({ metadata }) => metadata.name.at(-1)).toSorted()).toEqual(['1', '2', '3']);
});

test('with onFailure: cancel a failure stops what runs, whose pods are gone at its end', async () => {
  const [first] = await trigger(product, 'together');
  const run = await ended(runOf(first!));
  expect(endsOf(run)).toEqual({
    first: 'SUCCESS',
    left: 'FAILURE/Error',
    right: 'REVOKED/GroupFailed',
    last: 'REVOKED/DependencyFailed',
  });
  expect(run.jobs[2]).toMatchObject({ message: 'The job left failed: Error, exit code 3.' });
  const right = async () =>
    (await podsOf(run.id)).filter(({ metadata }) => metadata.labels?.['async-api.dev/job'] === 'right');
  expect((await right()).filter(isRunning)).toEqual([]);
  // The API server removes a pod that has ended a moment later.
  await eventually('no pods', async () => (await right()).length === 0 || undefined);
});

test('a rerun of what failed gets the results of what had succeeded, and its order', async () => {
  const id = newRunId();
  const limits = { activeDeadlineSeconds: 60, pendingDeadlineSeconds: 60, backoffLimit: 0 };
  /** Fails in the first run; in its rerun it has as result what it was given. */
  const script = (name: string) =>
    `if (process.env.ASYNC_API_RUN_ID === '${id}') process.exit(1);
     require('fs').writeFileSync('/dev/termination-log', name(process.env.${name}));
     function name(text) { return 'got ' + text; }`;
  const container = (name: string) => ({ image: process.env.TEST_JOB_IMAGE, command: ['node', '-e', script(name)] });
  const result = '{"rows":42,"note":"$(ASYNC_API_GROUP)"}';
  // The kubelet expands the arguments of simulated work.
  const written = result.replace('$', '$$$$');
  const jobs = [
    { name: 'last', needs: ['middle'], container: container('ASYNC_API_RESULT_MIDDLE'), ...limits },
    { name: 'middle', needs: ['first'], container: container('ASYNC_API_RESULT_FIRST'), ...limits },
    { name: 'first', sleep: { seconds: 0, result: written }, ...limits },
  ];
  await product.createRun({ group: 'broken', onFailure: 'cancel', jobs }, id);
  expect(endsOf(await ended(id))).toEqual({
    last: 'REVOKED/DependencyFailed',
    middle: 'FAILURE/Error',
    first: 'SUCCESS',
  });
  const response = await fetch(`${product.url}/runs/${id}/rerun`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ only: 'failed' }),
  });
  const again = runOf((await statusPaths(response))[0]!);
  const run = await ended(again);
  expect(run).toMatchObject({ rerunOf: id, onFailure: 'cancel', jobs: [{ needs: ['middle'] }, { needs: ['first'] }] });
  expect(run.jobs.map(({ name, state, result: got }) => [name, state, got])).toEqual([
    ['last', 'SUCCESS', `got got ${result}`],
    ['middle', 'SUCCESS', `got ${result}`],
  ]);
});

describe('an exit code', () => {
  test('that fails the job ends it after one attempt, whatever backoffLimit says', async () => {
    const [path] = await trigger(product, 'once');
    expect(await finalStatus(product, path!)).toMatchObject({
      state: 'FAILURE',
      reason: 'PodFailurePolicy',
      exitCode: 42,
      message: expect.stringContaining('exit code 42'),
    });
    expect(await podsOf(runOf(path!))).toHaveLength(1);
  });

  test('that is ignored is tried again without backoffLimit, until the deadline', async () => {
    const [path] = await trigger(product, 'busy');
    const again = await eventually('a second attempt', async () => {
      const status = await statusOf(product, path!);
      const pods = await podsOf(runOf(path!));
      return status.state === 'RETRY' && pods.length > 1 ? status : undefined;
    });
    expect(again).toMatchObject({ reason: 'Error', exitCode: 75 });
    expect(await finalStatus(product, path!, 90_000)).toMatchObject({
      state: 'FAILURE',
      reason: 'DeadlineExceeded',
      exitCode: 75,
    });
  });
});
