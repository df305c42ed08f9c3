import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { groupRunCrd } from '../../contract/crd.ts';
import { API_GROUP, type GroupRun } from '../../contract/group-run.ts';
import { newRunId } from '../../contract/ids.ts';
import { buildJob } from '../../controller/decide/job.ts';
import { eventually } from '../support/eventually.ts';
import { Product } from '../support/harness.ts';
import { mergePatch } from '../support/merge-patch.ts';

const PREVIOUS = join(import.meta.dirname, '../support/crd-previous.yaml');
/** The API server compiles a CRD in the background. */
const PATIENCE_MS = 60_000;
const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
/** An API group for this test alone: all suites share the real one. */
const GROUP = `upgrade-${randomBytes(4).toString('hex')}.${API_GROUP}`;
const CRD = `${CRDS}/groupruns.${GROUP}`;

let product: Product;
beforeAll(async () => {
  product = await Product.install();
});
afterAll(async () => {
  await product.admin.request('DELETE', CRD);
  await product.uninstall();
});

const here = (crd: object): object => JSON.parse(JSON.stringify(crd).replaceAll(API_GROUP, GROUP));
const runs = () => `/apis/${GROUP}/v1alpha1/namespaces/${product.namespace}/groupruns`;
const limits = { activeDeadlineSeconds: 60, pendingDeadlineSeconds: 60, backoffLimit: 0 };
const create = (spec: object, query = {}) =>
  product.admin.request<GroupRun>('POST', runs(), {
    body: { apiVersion: `${GROUP}/v1alpha1`, kind: 'GroupRun', metadata: { name: newRunId() }, spec },
    query,
  });
const patch = (path: string, body: object) => mergePatch<GroupRun>(product.admin, path, body);
const stored = async () =>
  (await product.admin.request<{ items: GroupRun[] }>('GET', runs())).items.map((item) => ({
    ...item,
    apiVersion: '',
  }));

/** Specs that the previous version accepted, at its bounds. */
const SPECS: Record<string, object> = {
  simulated: {
    group: 'group_a',
    jobs: [
      { name: 'sleeps', sleep: { seconds: 86_400, hangProbability: 1, failProbability: 0, exitCode: 255 }, ...limits },
      { name: 'logs', log: { lines: 1_000_000, intervalSeconds: 3600 }, ...limits, backoffLimit: 20 },
    ],
  },
  container: {
    group: 'group_e',
    parameters: { WHO: 'world' },
    rerunOf: 'x'.repeat(253),
    jobs: [
      {
        name: 'a.job-of_mine',
        container: {
          image: 'example/report:1.0',
          command: ['sh'],
          args: ['-c', 'true'],
          env: [{ name: 'A', value: 'b' }],
          resources: { requests: { cpu: '10m' }, limits: { memory: '1.5Gi' } },
        },
        ...limits,
        activeDeadlineSeconds: 604_800,
      },
    ],
  },
  cancelled: { group: 'g', cancel: true, jobs: [{ name: 'one', sleep: { seconds: 0 }, ...limits }] },
};

test('runs that the previous version stored are unchanged under the new CRD, and can be continued and cancelled', async () => {
  const { admin } = product;
  await admin.request('POST', CRDS, { body: here(parse(await readFile(PREVIOUS, 'utf8'))) });
  await eventually('the previous CRD', () => stored().catch(() => undefined), PATIENCE_MS);
  for (const spec of Object.values(SPECS)) {
    const { metadata } = await create(spec);
    const jobs = [{ name: 'one', state: 'STARTED', startedAt: '2026-11-24T00:00:00Z' }];
    const condition = { type: 'Succeeded', status: 'Unknown', reason: 'Running', message: 'of jobs' };
    const conditions = [{ ...condition, lastTransitionTime: '2026-11-24T00:00:00Z' }];
    await patch(`${runs()}/${metadata.name}/status`, { status: { state: 'STARTED', jobs, conditions } });
  }
  const before = await stored();

  const { metadata, spec } = here(groupRunCrd()) as { metadata: object; spec: object };
  await patch(CRD, { metadata, spec });
  await eventually(
    'the new CRD',
    () =>
      create({ ...SPECS.simulated, parallelism: 1 }, { dryRun: 'All', fieldValidation: 'Strict' }).catch(
        () => undefined,
      ),
    PATIENCE_MS,
  );
  expect(await stored()).toEqual(before);

  for (const run of before) {
    const path = `${runs()}/${run.metadata.name}`;
    expect(() => buildJob(run, 1, 'image')).not.toThrow();
    const jobs = [{ ...run.status!.jobs![0]!, pendingSince: '2026-11-24T00:01:00Z' }];
    expect((await patch(`${path}/status`, { status: { jobs } })).status!.jobs).toEqual(jobs);
    expect((await patch(path, { spec: { cancel: true } })).spec).toEqual({ ...run.spec, cancel: true });
    const done = [{ ...jobs[0]!, state: 'REVOKED' }];
    await patch(`${path}/status`, { status: { state: 'REVOKED', jobs: done } });
    await expect(patch(`${path}/status`, { status: { jobs } })).rejects.toThrow(/a terminal state never changes/);
  }
}, 180_000);

test.each(['simulated', 'container', 'cancelled'])(
  'the new CRD accepts new runs that the previous accepted: %s',
  async (name) => {
    const run = await create(SPECS[name]!, { fieldValidation: 'Strict' });
    expect(run.spec).toEqual(SPECS[name]);
  },
);
