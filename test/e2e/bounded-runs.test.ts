import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { GroupRun } from '../../contract/group-run.ts';
import { accountToken, onRuns } from '../support/accounts.ts';
import { eventually } from '../support/eventually.ts';
import { Product } from '../support/harness.ts';
import { kubectl } from '../support/kubectl.ts';

const CALLER = 'operator';
const LIMITS = { activeDeadlineSeconds: 60, pendingDeadlineSeconds: 2, backoffLimit: 0 };
const IMAGE = process.env.TEST_JOB_IMAGE ?? '';

let product: Product;
beforeAll(async () => {
  product = await Product.install();
  const core = `/api/v1/namespaces/${product.namespace}`;
  // What the jobs ask for is there.
  await product.admin.request('POST', `${core}/secrets`, {
    body: { metadata: { name: 'db' }, stringData: { key: 'x' } },
  });
  const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } };
  await product.admin.request('POST', `${core}/persistentvolumeclaims`, { body: { metadata: { name: 'data' }, spec } });
  await accountToken(product, CALLER, [onRuns(['create'])]);
  await product.setBounds({ imagePrefixes: IMAGE.replace(/:[^:/]*$/, '') });
  await Promise.all([product.startApi(), product.startController()]);
});
afterAll(() => product.uninstall());

/** Creates a run with kubectl as a caller who may do nothing else, and returns it once it is over. */
async function finished(name: string, jobs: object[]): Promise<GroupRun> {
  const body = {
    apiVersion: 'async-api.dev/v1alpha1',
    kind: 'GroupRun',
    metadata: { name, namespace: product.namespace },
    spec: { group: 'by-hand', jobs: jobs.map((job) => ({ ...LIMITS, ...job })) },
  };
  const as = `--as=system:serviceaccount:${product.namespace}:${CALLER}`;
  await kubectl(['create', as, '-f', '-'], { input: JSON.stringify(body) });
  return eventually(
    'the end of the run',
    async () => {
      const run = await product.admin.request<GroupRun>('GET', product.runsPath(name));
      return run.status?.finishedAt ? run : undefined;
    },
    120_000,
  );
}

const container = { image: IMAGE, args: ['sleep', '--seconds=0'] };
const mounted = (volume: object) => ({
  container: { ...container, volumeMounts: [{ name: 'a', mountPath: '/a' }] },
  volumes: [{ name: 'a', ...volume }],
});

test('a caller who may create GroupRuns gets nothing beyond the bounds: each such job fails, and says what was expected', async () => {
  const { status } = await finished('beyond', [
    { name: 'within', container },
    {
      name: 'variable',
      container: { ...container, env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'db', key: 'key' } } }] },
    },
    { name: 'variables', container: { ...container, envFrom: [{ secretRef: { name: 'db' } }] } },
    { name: 'file', ...mounted({ secret: { secretName: 'db' } }) },
    { name: 'projected', ...mounted({ projected: { sources: [{ secret: { name: 'db' } }] } }) },
    { name: 'claim', ...mounted({ persistentVolumeClaim: { claimName: 'data' } }) },
    { name: 'account', container, pod: { serviceAccountName: 'async-api-controller' } },
    { name: 'image', container: { ...container, image: 'registry.example/miner:1.0' } },
    { name: 'priority', container, pod: { priorityClassName: 'system-node-critical' } },
  ]);
  const found = Object.fromEntries(
    status!.jobs!.map(({ name, state, reason, message }) => [name, { state, reason, message }]),
  );
  const failed = (message: string) => ({
    state: 'FAILURE',
    reason: 'FailedCreate',
    message: expect.stringMatching(`bounds of the namespace list, got ${message}`),
  });
  expect(found).toEqual({
    within: { state: 'SUCCESS' },
    variable: failed('db'),
    variables: failed('db'),
    file: failed('db'),
    projected: failed('db'),
    claim: failed('data'),
    account: failed('async-api-controller'),
    image: failed('registry.example/miner:1.0'),
    priority: failed('system-node-critical'),
  });
  const { items } = await product.admin.request<{ items: { metadata: { labels: Record<string, string> } }[] }>(
    'GET',
    product.jobsPath(),
  );
  expect(items.map(({ metadata }) => metadata.labels['async-api.dev/job'])).toEqual(['within']);
}, 180_000);

test.each([
  ['a folder of the node', { container, volumes: [{ name: 'a', hostPath: { path: '/' } }] }, 'hostPath'],
  ['the network of the node', { container, pod: { hostNetwork: true } }, 'hostNetwork'],
  [
    'a token as a file',
    mounted({ projected: { sources: [{ serviceAccountToken: { path: 'a' } }] } }),
    'serviceAccountToken',
  ],
  ['a node by its name', { container, pod: { nodeName: 'a' } }, 'nodeName'],
  ['a privileged container', { container: { ...container, securityContext: { privileged: true } } }, 'securityContext'],
  ['the user root', { container, pod: { securityContext: { runAsUser: 0 } } }, 'runAsUser'],
  ['every taint', { container, pod: { tolerations: [{ operator: 'Exists' }] } }, 'tolerations'],
])('a run that asks for %s fails at once, without any Job', async (_what, job, field) => {
  const run = await finished(`invalid-${field.toLowerCase()}`, [{ name: 'one', ...job }]);
  expect(run.status!.conditions).toMatchObject([
    { status: 'False', reason: 'InvalidDefinition', message: expect.stringContaining(field) },
  ]);
  const { items } = await product.admin.request<{ items: { metadata: { labels: Record<string, string> } }[] }>(
    'GET',
    product.jobsPath(),
  );
  expect(items.map(({ metadata }) => metadata.labels['async-api.dev/job'])).not.toContain('one');
});
