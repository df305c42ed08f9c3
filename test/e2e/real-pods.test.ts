import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Product } from '../support/harness.ts';
import { createObjects, outputs, printed, printing, realPod, startWithin } from '../support/real-pods.ts';
import { finalStatus, trigger } from '../support/rest.ts';

const TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';
const job = (container: object, pod: object = {}, more: object = {}) => ({
  jobs: { one: { container, pod, pendingDeadlineSeconds: 240, ...more } },
});
const ref = (name: string, valueFrom: object) => ({ name, valueFrom });
/** Ends two seconds after SIGTERM. */
const SLOW = "process.on('SIGTERM', () => setTimeout(() => process.exit(0), 2000)); setInterval(() => {}, 1000);";
const CLASS = 'batch';

const GROUPS = (classOf: string) => ({
  downward: job({
    ...printing("['JOB', 'NODE', 'CPU', 'MEMORY'].map((name) => process.env[name]).concat(process.cwd())"),
    workingDir: '/usr/local',
    env: [
      ref('JOB', { fieldRef: { fieldPath: "metadata.labels['async-api.dev/job']" } }),
      ref('NODE', { fieldRef: { fieldPath: 'spec.nodeName' } }),
      ref('CPU', { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } }),
      ref('MEMORY', { resourceFieldRef: { resource: 'requests.memory', divisor: '1Mi' } }),
    ],
    resources: { limits: { cpu: 0.25, memory: '0.125Gi' }, requests: { memory: '64Mi' } },
  }),
  ids: job(printing('[process.getuid(), process.getgid(), process.getgroups().sort()]'), {
    securityContext: { runAsUser: 1000, runAsGroup: 2000, fsGroup: 3000, supplementalGroups: [4000] },
  }),
  names: job(printing("fs.readFileSync('/etc/hosts', 'utf8') + fs.readFileSync('/etc/resolv.conf', 'utf8')"), {
    hostAliases: [{ ip: '192.0.2.7', hostnames: ['db.example', 'db'] }],
    dnsConfig: { nameservers: ['192.0.2.53'], searches: ['jobs.example'], options: [{ name: 'ndots', value: '7' }] },
  }),
  account: {
    jobs: {
      with: {
        container: printing(`JSON.parse(atob(fs.readFileSync('${TOKEN}', 'utf8').split('.')[1])).sub`),
        pod: { serviceAccountName: 'reader' },
      },
      without: { container: printing(`fs.existsSync('${TOKEN}')`) },
    },
  },
  registry: job(printing('1'), { imagePullSecrets: [{ name: 'registry' }] }),
  classes: job(printing('1'), {
    priorityClassName: classOf,
    runtimeClassName: classOf,
    schedulerName: 'default-scheduler',
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'kubernetes.io/hostname',
        whenUnsatisfiable: 'DoNotSchedule',
        labelSelector: { matchLabels: { 'async-api.dev/group': 'classes' } },
      },
    ],
  }),
  slow: job({ command: ['node', '-e', SLOW] }, { terminationGracePeriodSeconds: 25 }),
});

let product: Product;
let deleteObjects: (() => Promise<void>) | undefined;
beforeAll(async () => {
  product = await Product.install();
  const name = `${CLASS}-${product.namespace}`;
  const registry = Buffer.from('{"auths":{}}').toString('base64');
  deleteObjects = await createObjects(product, [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'reader' } },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'registry' },
      type: 'kubernetes.io/dockerconfigjson',
      data: { '.dockerconfigjson': registry },
    },
    { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name }, value: 7 },
    { apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', metadata: { name }, handler: 'runc' },
  ]);
  const bounds = {
    secrets: 'registry',
    serviceAccounts: 'reader',
    priorityClasses: name,
    runtimeClasses: name,
  };
  await startWithin(product, bounds, JSON.stringify({ groups: GROUPS(name) }));
}, 120_000);
afterAll(async () => {
  await deleteObjects?.();
  await product.uninstall();
});

test('a container knows its pod and its amounts, and has its working directory', async () => {
  const [path] = await trigger(product, 'downward');
  const { spec } = await realPod(product, path!, (pod) => pod.spec.nodeName);
  expect(await printed(product, path!)).toEqual(['one', spec.nodeName, '250', '64', '/usr/local']);
});

test('a container runs as the user and the groups that the pod names', async () => {
  expect(await outputs(product, 'ids')).toEqual([[1000, 2000, [2000, 3000, 4000]]]);
});

test('a container sees the host aliases and the DNS settings of the pod', async () => {
  const [text] = await outputs(product, 'names');
  expect(text).toMatch(/^192\.0\.2\.7\tdb\.example\tdb$/m);
  expect(text).toMatch(/^nameserver 192\.0\.2\.53$/m);
  expect(text).toMatch(/^search .*jobs\.example$/m);
  expect(text).toMatch(/^options .*ndots:7/m);
});

test('only a pod that names a service account has a token, which is that of the account', async () => {
  expect(await outputs(product, 'account')).toEqual([`system:serviceaccount:${product.namespace}:reader`, false]);
});

test('the secrets with which images are pulled are those of the pod', async () => {
  const [path] = await trigger(product, 'registry');
  expect((await realPod(product, path!)).spec.imagePullSecrets).toEqual([{ name: 'registry' }]);
  expect((await finalStatus(product, path!)).state).toBe('SUCCESS');
});

test('a pod runs with the priority of its class, and in the runtime of its class', async () => {
  const [path] = await trigger(product, 'classes');
  const { spec } = await realPod(product, path!);
  expect(spec).toMatchObject({
    priority: 7,
    runtimeClassName: `${CLASS}-${product.namespace}`,
    schedulerName: 'default-scheduler',
    topologySpreadConstraints: [{ maxSkew: 1 }],
  });
  expect((await finalStatus(product, path!)).state).toBe('SUCCESS');
});

test('a job that is cancelled has the grace period of its pod to end', async () => {
  const [path] = await trigger(product, 'slow');
  await realPod(product, path!, ({ status }) => Boolean(status.containerStatuses?.[0]?.state.running));
  await fetch(`${product.url}${path}/cancel`, { method: 'POST' });
  const { metadata } = await realPod(product, path!, (pod) => pod.metadata.deletionTimestamp !== undefined);
  expect(metadata.deletionGracePeriodSeconds).toBe(25);
  expect(await finalStatus(product, path!)).toMatchObject({ state: 'REVOKED', reason: 'Cancelled' });
});
