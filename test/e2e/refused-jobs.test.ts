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
  const resources = { requests: { cpu: '2' }, limits: { cpu: '1' } };
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
    invalid: { jobs: { one: { container: { image: 'none', resources } }, two: { sleep: { seconds: 0 } } } },
  };
  const file = await product.writeConfig({ groups });
  await Promise.all([product.startApi(file), product.startController()]);
});
afterAll(() => product.uninstall());

test('a job whose Job a policy denies with 422 waits, and runs once the policy is mended', async () => {
  const rule = { apiGroups: ['batch'], resources: ['jobs'] };
  const mend = await createPolicy(product, 'Validating', GROUP, rule, {
    validations: [{ expression: 'false', message: 'no jobs today' }],
  });
  const template = buildJob(run(), 1, 'none');
  const labels = { ...template.metadata.labels, 'async-api.dev/group': GROUP };
  const body = { ...template, metadata: { ...template.metadata, labels } };
  const create = () => product.admin.request('POST', product.jobsPath(), { query: { dryRun: 'All' }, body });
  const denial = await denialOf(create, /no jobs today/);
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
  const template = buildJob(run(), 1, 'none');
  const labels = { ...template.metadata.labels, 'async-api.dev/group': 'partly', 'async-api.dev/job': 'no' };
  const body = { ...template, metadata: { ...template.metadata, labels } };
  await denialOf(
    () => product.admin.request('POST', product.jobsPath(), { query: { dryRun: 'All' }, body }),
    /not this one/,
  );
  const [no, ...others] = await trigger(product, 'partly');
  for (const path of others) expect(await finalStatus(product, path)).toMatchObject({ state: 'SUCCESS' });
  const message = expect.stringMatching(/denied request: not this one$/);
  expect(await statusWithReason(product, no!)).toMatchObject({ state: 'PENDING', reason: 'FailedCreate', message });
  await mend();
  expect(await finalStatus(product, no!, 180_000)).toMatchObject({ state: 'SUCCESS' });
}, 600_000);

test('a job whose Job breaks its own schema fails at once, and the others go on', async () => {
  const [invalid, other] = await trigger(product, 'invalid');
  expect(await finalStatus(product, invalid!)).toMatchObject({
    state: 'FAILURE',
    reason: 'JobInvalid',
    message: expect.stringMatching(/^Job\.batch .* must be less than or equal to cpu limit/),
  });
  expect(await finalStatus(product, other!)).toMatchObject({ state: 'SUCCESS' });
});
