import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { JobDefinition } from '../../contract/job-definition.ts';
import { buildJob } from '../../controller/decide/job.ts';
import type { ApiError } from '../../kube/api-error.ts';
import type { KubeClient } from '../../kube/client.ts';
import { BOUNDED, IMAGES } from '../support/bounded-jobs.ts';
import { definition, run } from '../support/builders.ts';
import { eventually } from '../support/eventually.ts';
import { Product } from '../support/harness.ts';
import { mergePatch } from '../support/merge-patch.ts';
import { boundsPatch } from '../support/open-catalog.ts';
import { denialOf } from '../support/policy.ts';

let product: Product;
let controller: KubeClient;
/** Admitted and validated, but not stored. */
const DRY = { query: { dryRun: 'All' } };

const jobOf = (fields: Partial<JobDefinition>) => {
  const { sleep, ...rest } = definition(fields);
  return buildJob(run([fields.container ? rest : { ...rest, sleep }]), 1, 'registry.example/job-image');
};
const create = (body: object, client = controller) =>
  client.request<ReturnType<typeof jobOf>>('POST', product.jobsPath(), { ...DRY, body });

let marks = 0;
/** Sets the bounds, and waits until the policy has them: they allow a scheduler that none before did. */
async function setBounds(bounds: Record<string, string>): Promise<void> {
  const mark = `mark-${++marks}`;
  await product.setBounds({ ...bounds, schedulers: `${bounds.schedulers ?? ''} ${mark}` });
  const marked = jobOf({ pod: { schedulerName: mark } });
  marked.spec.template.spec.containers[0]!.image = (bounds.imagePrefixes ?? '').split(/\s/)[0] || 'any';
  await eventually('the policy to follow', () =>
    create(marked).then(
      () => true,
      () => undefined,
    ),
  );
}

const denied = (message: RegExp | string) =>
  expect.objectContaining({ code: 403, message: expect.stringMatching(message) });

beforeAll(async () => {
  product = await Product.install();
  controller = await product.as('async-api-controller');
  await denialOf(() => create(jobOf({ pod: { priorityClassName: 'low' } })), /a priorityClassName that the bounds/);
}, 240_000);
afterAll(async () => {
  await controller.close();
  await product.uninstall();
});

const withoutImages = BOUNDED.filter(([, kind]) => kind !== 'imagePrefixes');

test.each(withoutImages)('as shipped no job may have %s (%s)', async (_path, kind, name, fields) => {
  const message = new RegExp(
    `^jobs.batch ".*" is forbidden: .*-controller-jobs' .* bounds of the namespace list, got .*${name}`,
  );
  await expect(create(jobOf(fields))).rejects.toEqual(denied(message));
  // Only the policy denies it.
  await create(jobOf(fields), product.admin);
  expect(kind).toBeTruthy();
});

test.each(BOUNDED)('within the bounds a job may have %s, and no other name', async (_path, kind, name, fields) => {
  const others = kind === 'secrets' ? 'other' : '';
  await setBounds({ [kind]: `one\n${others}\t${name}\r\n  two` });
  await create(jobOf(fields));
  // A part of a name is another name, and other kinds have lists of their own.
  const allBut = Object.fromEntries([...new Set(BOUNDED.map(([, one]) => one))].map((one) => [one, name]));
  await setBounds({ ...allBut, imagePrefixes: '', [kind]: `${name}x x${name} ${name.slice(0, -1)} ${others}` });
  await expect(create(jobOf(fields))).rejects.toEqual(denied(/bounds of the namespace list, got/));
});

test.each(IMAGES)('the image %s with imagePrefixes "%s" is allowed: %s', async (image, imagePrefixes, isAllowed) => {
  await setBounds({ imagePrefixes });
  const outcome = create(jobOf({ container: { image } })).then(
    () => true,
    (error: ApiError) => error.message,
  );
  expect(await outcome).toEqual(
    isAllowed ? true : expect.stringMatching(`imagePrefixes that the bounds of the namespace list, got ${image}$`),
  );
});

test('a toleration without a key, which is one of every taint, is never allowed', async () => {
  await setBounds({ tolerations: ' a  ' });
  const job = jobOf({ pod: { tolerations: [{ key: 'a' }] } });
  await create(job);
  for (const toleration of [{ operator: 'Exists' }, { key: '', operator: 'Exists' }]) {
    Object.assign(job.spec.template.spec, { tolerations: [toleration] });
    await expect(create(job)).rejects.toEqual(denied(/tolerations of taints .*, got ""/));
  }
});

test('serviceAccount, the old name of the field, is bounded like serviceAccountName', async () => {
  await setBounds({ serviceAccounts: 'report' });
  const job = jobOf({ pod: { serviceAccountName: 'report' } });
  await create(job);
  const { serviceAccountName: _, ...spec } = job.spec.template.spec;
  const template = { ...job.spec.template, spec: { ...spec, serviceAccount: 'async-api-controller' } };
  await expect(create({ ...job, spec: { ...job.spec, template } })).rejects.toEqual(denied(/serviceAccountName/));
});

test('a resource of another form than vendor/name, such as hugepages, is bounded too', async () => {
  await setBounds({});
  const job = jobOf({});
  const { resources } = job.spec.template.spec.containers[0]!;
  Object.assign(resources.limits, { 'hugepages-2Mi': '2Mi' });
  Object.assign(resources.requests, { 'hugepages-2Mi': '2Mi' });
  await expect(create(job)).rejects.toEqual(denied(/extendedResources .*, got hugepages-2Mi/));
});

test('a job that has all that a definition may have is within the cost limit of CEL', async () => {
  const names = Array.from({ length: 999 }, (_, index) => `name-${'x'.repeat(10)}-${index}`);
  const last = names.at(-1)!;
  const text = names.join('\n');
  const kinds = [...new Set(BOUNDED.map(([, kind]) => kind))];
  const resources = names.map((name) => `example.com/${name}`);
  const extendedResources = resources.join('\n');
  await setBounds({ ...Object.fromEntries(kinds.map((kind) => [kind, text])), extendedResources });
  const many = <T>(length: number, one: (index: number) => T) => Array.from({ length }, (_, index) => one(index));
  const secretOrConfigMap = (index: number) => (index % 2 ? { secret: { name: last } } : { configMap: { name: last } });
  const volumes = many(32, (index) => ({ name: `v${index}`, projected: { sources: many(16, secretOrConfigMap) } }));
  const terms = {
    requiredDuringSchedulingIgnoredDuringExecution: many(16, () => ({ topologyKey: 'a' })),
    preferredDuringSchedulingIgnoredDuringExecution: many(16, () => ({
      weight: 1,
      podAffinityTerm: { topologyKey: 'a' },
    })),
  };
  const ref = { name: last, key: 'a' };
  const big = jobOf({
    failOnExitCodes: many(32, (index) => index + 1),
    ignoreExitCodes: many(32, (index) => index + 101),
    container: {
      image: `${last}:1.0`,
      env: many(64, (index) => ({
        name: `E${index}`,
        valueFrom: index % 2 ? { secretKeyRef: ref } : { configMapKeyRef: ref },
      })),
      envFrom: many(16, (index) => (index % 2 ? { secretRef: { name: last } } : { configMapRef: { name: last } })),
      volumeMounts: many(32, (index) => ({ name: `v${index}`, mountPath: `/v${index}` })),
      resources: { limits: Object.fromEntries(resources.slice(-200).map((name) => [name, '1'])) },
    },
    volumes,
    pod: {
      tolerations: many(32, () => ({ key: last })),
      imagePullSecrets: many(16, (index) => ({ name: names[index]! })),
      priorityClassName: last,
      runtimeClassName: last,
      serviceAccountName: last,
      affinity: { podAffinity: terms, podAntiAffinity: terms },
      topologySpreadConstraints: many(16, (index) => ({
        maxSkew: 1,
        topologyKey: `a${index}`,
        whenUnsatisfiable: 'DoNotSchedule',
      })),
      securityContext: { supplementalGroups: many(32, (index) => index + 1) },
    },
  });
  await create(big);
  Object.assign(big.spec.template.spec, { priorityClassName: 'other' });
  await expect(create(big)).rejects.toEqual(denied(/priorityClassName/));
});

test('without annotations of the namespace a job may refer to nothing, and its Job can still be stopped', async () => {
  await setBounds({ secrets: 'db' });
  const needsSecret = jobOf({ pod: { imagePullSecrets: [{ name: 'db' }] } });
  await create(needsSecret);
  const { metadata } = await product.createRun(run().spec);
  const job = buildJob({ ...run(), metadata }, 1, 'registry.example/job-image');
  await controller.request('POST', product.jobsPath(), { body: { ...job, spec: { ...job.spec, suspend: true } } });
  await mergePatch(product.admin, `/api/v1/namespaces/${product.namespace}`, { metadata: { annotations: null } });
  await denialOf(() => create(needsSecret), /expected secrets that the bounds of the namespace list, got db/);
  await create(jobOf({}));
  await mergePatch(controller, product.jobsPath(job.metadata.name), {
    spec: { suspend: true },
    metadata: { annotations: { 'async-api.dev/stop': '{}' } },
  });
});

test.each(['async-api', 'async-api-controller'] as const)(
  'the account %s can neither write nor read the bounds',
  async (account) => {
    const client = await product.as(account);
    const path = `/api/v1/namespaces/${product.namespace}`;
    const body = boundsPatch({ secrets: 'a' });
    const forbidden = expect.objectContaining({ code: 403 });
    for (const attempt of [
      () => client.request('POST', '/api/v1/namespaces', { ...DRY, body }),
      () => client.request('PUT', path, { ...DRY, body }),
      () => mergePatch(client, path, body),
      () => client.request('DELETE', path, DRY),
      () => client.request('GET', path),
    ]) {
      await expect(attempt()).rejects.toEqual(forbidden);
    }
    await client.close();
  },
);
