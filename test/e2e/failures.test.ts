import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Pod } from '../../controller/decide/types.ts';
import { eventually } from '../support/eventually.ts';
import { Product } from '../support/harness.ts';
import { finalStatus, idOf, statusOf, trigger } from '../support/rest.ts';

let product: Product;
beforeAll(async () => {
  product = await Product.install();
  const groups = {
    exits: { jobs: { three: { sleep: { seconds: 0, failProbability: 1, exitCode: 3 } } } },
    hangs: { jobs: { forever: { sleep: { seconds: 0, hangProbability: 1 }, activeDeadlineSeconds: 15 } } },
    hungry: {
      jobs: {
        memory: {
          container: {
            image: process.env.TEST_JOB_IMAGE,
            command: ['node', '-e', 'const kept = []; for (;;) kept.push(Buffer.alloc(8e6, 1))'],
            resources: { requests: { memory: '32Mi' }, limits: { memory: '96Mi' } },
          },
        },
      },
    },
    retried: { jobs: { twice: { sleep: { seconds: 0, failProbability: 1, exitCode: 7 }, backoffLimit: 1 } } },
  };
  const file = await product.writeConfig({ groups });
  await Promise.all([product.startApi(file), product.startController()]);
});
afterAll(() => product.uninstall());

test('a job that exits with 3 is a FAILURE with that exit code and the end of its output', async () => {
  const [path] = await trigger(product, 'exits');
  expect(await finalStatus(product, path!)).toMatchObject({
    state: 'FAILURE',
    reason: 'Error',
    exitCode: 3,
    message: expect.stringContaining('exit code 3'),
  });
});

test('a job that hangs fails at its deadline and leaves no pod that runs', async () => {
  const [path] = await trigger(product, 'hangs');
  const query = { labelSelector: `batch.kubernetes.io/job-name=${idOf(path!)}` };
  const pods = async () => (await product.admin.request<{ items: Pod[] }>('GET', product.podsPath(), { query })).items;
  await eventually('the hanging pod', async () => (await pods()).find(({ status }) => status?.phase === 'Running'));
  const status = await finalStatus(product, path!);
  expect(status).toMatchObject({ state: 'FAILURE', reason: 'DeadlineExceeded' });
  expect((await pods()).map((pod) => pod.status?.phase)).toEqual(['Failed']);
});

test('a job that allocates more than its memory limit is OOMKilled', async () => {
  const [path] = await trigger(product, 'hungry');
  expect(await finalStatus(product, path!)).toMatchObject({ state: 'FAILURE', reason: 'OOMKilled' });
});

test('a job with attempts left is RETRY between them, and a FAILURE after the last', async () => {
  const [path] = await trigger(product, 'retried');
  const seen = new Set<string>();
  const status = await eventually(
    'a final state',
    async () => {
      const { state, exitCode } = await statusOf(product, path!);
      seen.add(state);
      return state === 'FAILURE' ? { state, exitCode } : undefined;
    },
    50_000,
  );
  expect(status.exitCode).toBe(7);
  expect(seen).toContain('RETRY');
});
