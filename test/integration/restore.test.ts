import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { GroupRun } from '../../contract/group-run.ts';
import { jobId, newRunId } from '../../contract/ids.ts';
import { definition } from '../support/builders.ts';
import { blocksRunBy } from '../support/doc-blocks.ts';
import { eventually } from '../support/eventually.ts';
import { Product } from '../support/harness.ts';
import { mergePatch } from '../support/merge-patch.ts';
import { denialOf } from '../support/policy.ts';
import { kubectlEnvironment, shell } from '../support/shell.ts';

let product: Product;
beforeAll(async () => {
  product = await Product.install();
  const body = { apiVersion: 'async-api.dev/v1alpha1', kind: 'GroupRun', metadata: { name: newRunId() } };
  const spec = { group: 'group_a', jobs: [definition()] };
  const create = () =>
    product.admin.request('POST', product.runsPath(), { body: { ...body, spec }, query: { dryRun: 'All' } });
  await denialOf(create, /only the API creates/);
}, 240_000);
afterAll(() => product.uninstall());

/** What a backup must keep of each run, by its name. */
const kept = async () =>
  (await product.storedRuns())
    .map(({ metadata: { name, labels, annotations }, spec, status }) => ({ name, labels, annotations, spec, status }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));

test('the commands of docs/operations.md restore runs with their ids, callers and results', async () => {
  const api = await product.as('async-api');
  for (const state of ['SUCCESS', 'FAILURE']) {
    const name = newRunId();
    const labels = { 'app.kubernetes.io/managed-by': 'async-api', 'async-api.dev/group': 'group_a' };
    const metadata = { name, labels, annotations: { 'async-api.dev/caller': 'alice' } };
    const spec = {
      group: 'group_a',
      jobs: [definition()],
      parameters: { NOTE: 'a\n    uid: b\n    resourceVersion: c' },
    };
    const body = { apiVersion: 'async-api.dev/v1alpha1', kind: 'GroupRun', metadata, spec };
    await api.request<GroupRun>('POST', product.runsPath(), { body });
    const job = { name: 'job_a1', id: jobId(name, 1), jobUID: name, state, startedAt: '2026-11-25T00:00:00Z' };
    await mergePatch(product.admin, `${product.runsPath(name)}/status`, { status: { state, jobs: [job] } });
  }
  await api.close();
  const before = await kept();
  const [backup, restore] = blocksRunBy(import.meta.filename).map(({ text }) =>
    text.replaceAll('serviceaccount:async-api:', `serviceaccount:${product.namespace}:`),
  );
  const environment = await kubectlEnvironment(product);
  const type = (text: string) => shell(`cd ${product.folder}\n${text}`, environment);
  await type(backup!);
  await product.admin.request('DELETE', product.runsPath());
  await eventually('no runs', async () => (await kept()).length === 0 || undefined);
  await type(restore!);
  expect(await kept()).toEqual(before);
});
