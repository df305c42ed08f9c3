import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { buildJob } from '../../controller/decide/job.ts';
import { run } from '../support/builders.ts';
import { Product } from '../support/harness.ts';
import { createPolicy, denialOf } from '../support/policy.ts';
import { finalStatus, idOf, statusWithReason, trigger } from '../support/rest.ts';

const GROUP = 'denied';

let product: Product;
beforeAll(async () => {
  product = await Product.install();
  const groups = {
    partly: {
      parallelism: 1,
      jobs: {
        no: { sleep: { seconds: 0 }, pendingDeadlineSeconds: 600 },
        yes: { sleep: { seconds: 0 } },
        also: { sleep: { seconds: 0 } },
      },
    },
    [GROUP]: { jobs: { one: { sleep: { seconds: 0 }, pendingDeadlineSeconds: 600 } } },
    invalid: { jobs: { one: { sleep: { seconds: 0 } }, two: { sleep: { seconds: 0 } } } },
  };
  const file = await product.writeConfig({ groups });
  await Promise.all([product.startApi(file), product.startController()]);
});
afterAll(() => product.uninstall());

/** Creates a Job of this group and job, and keeps nothing of it. */
function dryRun(group: string, job: string): () => Promise<unknown> {
  const template = buildJob(run(), 1, 'none');
  const labels = { ...template.metadata.labels, 'async-api.dev/group': group, 'async-api.dev/job': job };
  const body = { ...template, metadata: { ...template.metadata, labels } };
  return () => product.admin.request('POST', product.jobsPath(), { query: { dryRun: 'All' }, body });
}

test('a job whose Job a policy denies with 422 waits, and runs once the policy is mended', async () => {
  const rule = { apiGroups: ['batch'], resources: ['jobs'] };
  const mend = await createPolicy(product, 'Validating', GROUP, rule, {
    validations: [{ expression: 'false', message: 'no jobs today' }],
  });
  const denial = await denialOf(dryRun(GROUP, 'one'), /no jobs today/);
  expect(denial).toMatchObject({ code: 422, reason: 'Invalid' });
  const [path] = await trigger(product, GROUP);
  const waits = await statusWithReason(product, path!);
  const message = expect.stringMatching(/denied request: no jobs today$/);
  expect(waits).toMatchObject({ state: 'PENDING', reason: 'FailedCreate', message });
  await mend();
  expect(await finalStatus(product, path!, 180_000)).toEqual({
    state: 'SUCCESS',
    task_id: idOf(path!),
  });
}, 600_000);

test('of three jobs, one at a time, of which a policy denies the first, the other two run', async () => {
  const rule = { apiGroups: ['batch'], resources: ['jobs'] };
  const mend = await createPolicy(product, 'Validating', 'partly', rule, {
    validations: [{ expression: "object.metadata.labels['async-api.dev/job'] != 'no'", message: 'not this one' }],
  });
  await denialOf(dryRun('partly', 'no'), /not this one/);
  const [no, ...others] = await trigger(product, 'partly');
  for (const path of others) expect(await finalStatus(product, path)).toMatchObject({ state: 'SUCCESS' });
  const message = expect.stringMatching(/denied request: not this one$/);
  expect(await statusWithReason(product, no!)).toMatchObject({ state: 'PENDING', reason: 'FailedCreate', message });
  await mend();
  expect(await finalStatus(product, no!, 180_000)).toMatchObject({ state: 'SUCCESS' });
}, 600_000);

test('a job whose Job breaks its own schema fails at once, and the others go on', async () => {
  // The catalog refuses what the API server would, so something in the cluster must spoil the Job.
  const rule = { apiGroups: ['batch'], resources: ['jobs'] };
  const isFirst = "object.metadata.labels['async-api.dev/job'] == 'one'";
  const expression = `Object{spec: Object.spec{backoffLimit: -1}}`;
  await createPolicy(product, 'Mutating', 'invalid', rule, {
    reinvocationPolicy: 'Never',
    matchConditions: [{ name: 'first', expression: isFirst }],
    mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression } }],
  });
  await denialOf(dryRun('invalid', 'one'), /backoffLimit/);
  const [invalid, other] = await trigger(product, 'invalid');
  expect(await finalStatus(product, invalid!)).toMatchObject({
    state: 'FAILURE',
    reason: 'JobInvalid',
    message: expect.stringMatching(
      /^Job\.batch .* spec\.backoffLimit: Invalid value: -1: must be greater than or equal to 0/,
    ),
  });
  expect(await finalStatus(product, other!)).toMatchObject({ state: 'SUCCESS' });
}, 600_000);
