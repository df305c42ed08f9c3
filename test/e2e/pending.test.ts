import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { buildJob } from '../../controller/decide/job.ts';
import { run } from '../support/builders.ts';
import { eventually } from '../support/eventually.ts';
import { Product } from '../support/harness.ts';
import { finalStatus, runOf, statusWithReason, trigger } from '../support/rest.ts';

const PENDING_SECONDS = 10;
const PATIENT = { sleep: { seconds: 0 }, pendingDeadlineSeconds: 120 };
const container = (fields: object) => ({
  jobs: { one: { container: { image: process.env.TEST_JOB_IMAGE, ...fields } } },
});

let product: Product;
beforeAll(async () => {
  product = await Product.install();
  const groups = {
    image: container({ image: 'registry.invalid/async-api/no-such-image:1' }),
    node: container({ resources: { requests: { cpu: '1000' } } }),
    config: container({ env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'missing', key: 'a' } } }] }),
    sleep: { jobs: { one: { sleep: { seconds: 0 } }, two: { sleep: { seconds: 0 } } } },
    // The Job controller retries after 1 s, and doubles that each time.
    patient: { jobs: { one: PATIENT, two: PATIENT } },
  };
  const file = await product.writeConfig({ defaults: { pendingDeadlineSeconds: PENDING_SECONDS }, groups });
  const BOUNDS_FILE = await product.setBounds({ configMaps: 'missing' });
  await Promise.all([product.startApi(file, { BOUNDS_FILE }), product.startController({ JOB_TTL_SECONDS: '2' })]);
});
afterAll(() => product.uninstall());

const JOB = buildJob(run(), 1, 'none');
const POD = { metadata: { name: 'dry' }, spec: JOB.spec.template.spec };

async function withQuota<T>(hard: object, work: () => Promise<T>): Promise<T> {
  const path = `/api/v1/namespaces/${product.namespace}/resourcequotas`;
  const body = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'tight' }, spec: { hard } };
  await product.admin.request('POST', path, { body });
  // Admission reads quotas from a cache; it enforces none before its status is written.
  const isRefused = (what: string, template: object) =>
    product.admin.request('POST', what, { query: { dryRun: 'All' }, body: template }).then(
      () => false,
      (error) => /exceeded quota/.test(error.message),
    );
  await eventually(
    'the quota in force',
    async () => (await isRefused(product.podsPath(), POD)) || (await isRefused(product.jobsPath(), JOB)) || undefined,
  );
  try {
    return await work();
  } finally {
    await product.admin.request('DELETE', `${path}/tight`);
  }
}

test.each([
  ['whose image does not exist', 'image', /^(ErrImagePull|ImagePullBackOff)$/],
  ['that fits on no node', 'node', /^Unschedulable$/],
  ['whose configuration is missing', 'config', /^CreateContainerConfigError$/],
])('a job %s is PENDING with the reason, and fails with it after its pending deadline', async (_, group, reason) => {
  const [path] = await trigger(product, group);
  expect(await statusWithReason(product, path!)).toMatchObject({
    state: 'PENDING',
    reason: expect.stringMatching(reason),
  });
  const status = await finalStatus(product, path!);
  expect(status).toMatchObject({ state: 'FAILURE', reason: expect.stringMatching(reason) });
  expect(status.message).toMatch(/pendingDeadlineSeconds \(10 s\)/);
});

test.each([
  ['pods', { pods: '0' }],
  ['Jobs', { 'count/jobs.batch': '0' }],
])('a job whose %s a quota refuses is PENDING with FailedCreate, and fails with it', async (_, hard) => {
  await withQuota(hard, async () => {
    const [path] = await trigger(product, 'sleep');
    expect(await statusWithReason(product, path!)).toMatchObject({ state: 'PENDING', reason: 'FailedCreate' });
    const status = await finalStatus(product, path!);
    expect(status).toMatchObject({ state: 'FAILURE', reason: 'FailedCreate' });
    expect(status.message).toMatch(/exceeded quota/);
  });
});

test('a job that a quota refuses at first and allows later succeeds', async () => {
  const paths = await withQuota({ pods: '0' }, async () => {
    const triggered = await trigger(product, 'patient');
    await statusWithReason(product, triggered[0]!);
    return triggered;
  });
  for (const path of paths) expect((await finalStatus(product, path)).state).toBe('SUCCESS');
});

test('the Job of a job that could not start is deleted some time after the end of its run', async () => {
  await eventually('no Job that failed to start', async () => {
    const { items } = await product.admin.request<{ items: { spec: { suspend?: boolean } }[] }>(
      'GET',
      product.jobsPath(),
    );
    return items.some(({ spec }) => spec.suspend) ? undefined : true;
  });
});

test('kubectl describe shows why a job cannot start', async () => {
  const [path] = await trigger(product, 'node');
  const events = await eventually('the event', async () => {
    const query = { fieldSelector: `involvedObject.name=${runOf(path!)},reason=JobCannotStart` };
    const { items } = await product.admin.request<{ items: { message: string }[] }>('GET', product.eventsPath(), {
      query,
    });
    return items.length > 0 ? items : undefined;
  });
  expect(events[0]!.message).toMatch(/^one cannot start: Unschedulable/);
});
