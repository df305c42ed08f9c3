import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { BOUNDS_PREFIX, KINDS_OF_BOUNDS } from '../../api/catalog/bounds.ts';
import { MANAGED_BY } from '../../contract/labels.ts';
import { buildJob } from '../../controller/decide/job.ts';
import { inNamespace } from '../../dev/cluster/install.ts';
import { run } from '../support/builders.ts';
import { eventually } from '../support/eventually.ts';
import { Product } from '../support/harness.ts';
import { type AnyManifest, kubectl, kustomize, toInput } from '../support/kubectl.ts';

const FOLDERS = ['base', 'overlays/local', 'overlays/production', 'overlays/release'];
const rendered = new Map<string, AnyManifest[]>();
let product: Product;
beforeAll(async () => {
  product = await Product.install();
  for (const folder of FOLDERS) rendered.set(folder, await kustomize(folder));
});
afterAll(() => product.uninstall());

const find = (folder: string, kind: string, name: string): AnyManifest =>
  rendered.get(folder)!.find((one) => one.kind === kind && one.metadata.name.startsWith(name))!;
const containerOf = (folder: string, name: string) => find(folder, 'Deployment', name).spec.template.spec.containers[0];
const environmentOf = (folder: string, name: string): Record<string, string> =>
  Object.fromEntries(containerOf(folder, name).env.map(({ name, value }: Record<string, string>) => [name, value]));
const applyFor = (objects: AnyManifest[]) =>
  kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], { input: toInput(objects) });

test.each(FOLDERS)(
  'the API server accepts every object of %s, knows each field, and warns of nothing',
  async (folder) => {
    const objects = rendered.get(folder)!.map((object) => inNamespace(object, product.namespace));
    const dryRun = ['apply', '--dry-run=server', '--validate=strict', '--server-side', '--force-conflicts', '-f', '-'];
    const { out, err } = await kubectl(dryRun, { input: toInput(objects) });
    expect(out.trim().split('\n')).toHaveLength(objects.length);
    // It would warn if a Deployment's pods violated the restricted standard.
    expect(err).not.toMatch(/^Warning:/m);
  },
);

test('a field that Kubernetes does not know is rejected', async () => {
  const service = inNamespace(find('base', 'Service', 'async-api'), product.namespace);
  service.spec.selectors = {};
  const dryRun = ['apply', '--dry-run=server', '--validate=strict', '--server-side', '-f', '-'];
  await expect(kubectl(dryRun, { input: toInput([service]) })).rejects.toThrow(/selectors/);
});

test.each(['overlays/local', 'overlays/production', 'overlays/release'])(
  '%s names the three images with one tag',
  (folder) => {
    const images = [
      containerOf(folder, 'async-api').image,
      containerOf(folder, 'async-api-controller').image,
      environmentOf(folder, 'async-api-controller').JOB_IMAGE,
    ];
    const tag = images[0].split(':')[1];
    expect(tag).toBeTruthy();
    expect(images).toEqual(
      ['api', 'controller', 'job-image'].map((name) => `registry.invalid/async-api/${name}:${tag}`),
    );
  },
);

test.each(FOLDERS)(
  'in %s the LimitRange, which is for jobs, changes nothing in the API and the controller',
  (folder) => {
    for (const name of ['async-api', 'async-api-controller']) {
      const { requests, limits } = containerOf(folder, name).resources;
      expect(Object.keys({ ...requests })).toEqual(['cpu', 'memory']);
      expect(Object.keys({ ...limits })).toEqual(['cpu', 'memory']);
    }
  },
);

test('only the local overlay allows anonymous callers; without an overlay the API does not start', () => {
  expect(environmentOf('overlays/local', 'async-api')).toMatchObject({ AUTH: 'none', ALLOW_ANONYMOUS: 'true' });
  for (const overlay of ['overlays/production', 'overlays/release']) {
    expect(environmentOf(overlay, 'async-api')).toMatchObject({ AUTH: 'kubernetes', AUTH_AUDIENCES: 'async-api' });
  }
  const { AUTH, ALLOW_ANONYMOUS, HOST } = environmentOf('base', 'async-api');
  // Settings reject this HOST without AUTH or ALLOW_ANONYMOUS.
  expect({ AUTH, ALLOW_ANONYMOUS, HOST }).toEqual({ HOST: '0.0.0.0' });
});

test.each(FOLDERS)('the probes of %s use the metrics port, which callers cannot fill', (folder) => {
  for (const name of ['async-api', 'async-api-controller']) {
    const { startupProbe, readinessProbe, livenessProbe } = containerOf(folder, name);
    const probes = [startupProbe, readinessProbe, livenessProbe].map(({ httpGet }) => httpGet);
    expect(probes).toEqual(['/readyz', '/readyz', '/livez'].map((path) => ({ path, port: 'metrics' })));
  }
});

const shipped = (name: string) => readFile(join(import.meta.dirname, '../../resources', name), 'utf8');

test('the API reads resources/config.yaml and bounds.yaml, and a changed file leads to a rollout', async () => {
  const config = find('base', 'ConfigMap', 'async-api-config');
  const files = { 'config.yaml': await shipped('config.yaml'), 'bounds.yaml': await shipped('bounds.yaml') };
  expect(config.data).toEqual(files);
  expect(config.metadata.name).toMatch(/^async-api-config-[a-z0-9]{10}$/);
  const { volumes } = find('base', 'Deployment', 'async-api').spec.template.spec;
  expect(volumes).toEqual([{ name: 'config', configMap: { name: config.metadata.name } }]);
});

test.each(FOLDERS)('in %s the policy on Jobs finds bounds, which allow nothing as shipped', async (folder) => {
  const { annotations } = parse(await shipped('bounds.yaml')).metadata as { annotations: Record<string, string> };
  expect(annotations).toEqual(Object.fromEntries(KINDS_OF_BOUNDS.map((kind) => [BOUNDS_PREFIX + kind, ''])));
  const { metadata } = find(folder, 'Namespace', 'async-api');
  expect(metadata.annotations).toEqual(annotations);
  expect(metadata).toMatchObject({ labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } });
  const config = find(folder, 'ConfigMap', 'async-api-config');
  expect(parse(config.data['bounds.yaml']).metadata.annotations).toEqual(annotations);
});

test('the ingress routes every path of the REST interface and the web page to the API, but neither health nor metrics', async () => {
  const { paths } = JSON.parse(await readFile(join(import.meta.dirname, '../../resources/openapi.json'), 'utf8'));
  const [rule] = find('base', 'Ingress', 'async-api').spec.rules;
  const routed = (path: string) =>
    rule.http.paths.some((one: { path: string; pathType: string }) =>
      one.pathType === 'Exact' ? path === one.path : path === one.path || path.startsWith(`${one.path}/`),
    );
  const inside = Object.keys(paths).filter((path) => !routed(path));
  expect(inside.sort()).toEqual(['/livez', '/readyz']);
  const others = ['/openapi.json', '/docs', '/', '/page/app-ABCD2345.js', '/metrics', '/pages', '/nowhere'];
  expect(others.map(routed)).toEqual([true, true, true, true, false, false, false]);
});

test('only the default-deny policy selects the pods of jobs', () => {
  const labels: Record<string, string> = buildJob(run(), 1, 'image').spec.template.metadata.labels;
  const selectsJobs = ({ spec }: AnyManifest) => {
    const { matchLabels = {} } = spec.podSelector ?? spec.selector;
    return Object.entries(matchLabels).every(([name, value]) => labels[name] === value);
  };
  const kinds = ['NetworkPolicy', 'Deployment', 'PodDisruptionBudget'];
  const selecting = rendered
    .get('base')!
    .filter(({ kind }) => kinds.includes(kind))
    .filter(selectsJobs);
  expect(selecting.map(({ kind, metadata, spec }) => [kind, metadata.name, spec])).toEqual([
    ['NetworkPolicy', 'default-deny', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] }],
  ]);
  // The controller treats every pod with this label as one of a job.
  const { template } = find('base', 'Deployment', 'async-api').spec;
  expect(template.metadata.labels).not.toHaveProperty([MANAGED_BY]);
});

const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  spec: {
    // It is never scheduled.
    schedulingGates: [{ name: 'async-api.dev/test' }],
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: 'one',
        image: 'registry.invalid/async-api/none',
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      },
    ],
  },
};
const makePod = (name: string, spec: object = {}, query = {}) =>
  product.admin.request<AnyManifest>('POST', product.podsPath(), {
    query,
    body: { ...POD, metadata: { name }, spec: { ...POD.spec, ...spec } },
  });

const [container] = POD.spec.containers;
test.each([
  // Some API servers accept no privileged pods at all.
  ['a privileged container', { containers: [{ ...container, securityContext: { privileged: true } }] }],
  ['the network of its node', { hostNetwork: true }],
  ['a folder of its node', { volumes: [{ name: 'root', hostPath: { path: '/' } }] }],
  ['a user that may be root', { securityContext: { seccompProfile: { type: 'RuntimeDefault' } } }],
])('the namespace refuses a pod with %s', async (_what, spec) => {
  await expect(makePod('hostile', spec)).rejects.toThrow(
    /violates PodSecurity "restricted|disallowed by cluster policy/,
  );
});

test('policies, quotas and limits are accepted; jobs count against the quota, the product does not', async () => {
  const kinds = ['NetworkPolicy', 'ResourceQuota', 'LimitRange', 'PriorityClass'];
  const objects = rendered.get('base')!.filter(({ kind }) => kinds.includes(kind));
  const { out } = await applyFor(objects.map((object) => inNamespace(object, product.namespace)));
  expect(out.trim().split('\n')).toHaveLength(objects.length);

  const dry = (spec: object) => makePod('dry', spec, { dryRun: 'All' }).catch(() => undefined);
  // They take effect a moment after they are stored.
  await eventually('limits and priorities in force', async () => {
    const limited = (await dry({}))?.spec.containers[0].resources.limits;
    return (limited && (await dry({ priorityClassName: 'async-api' }))) || undefined;
  });
  const pod = await makePod('of-a-job');
  await makePod('of-the-product', { priorityClassName: 'async-api' });
  const job = buildJob(run(), 1, 'image').spec.template.spec.containers[0]!;
  // A pod without resources gets those that the controller gives a job.
  expect(pod.spec.containers[0].resources).toEqual(job.resources);
  const quota = `/api/v1/namespaces/${product.namespace}/resourcequotas/jobs`;
  const used = await eventually('the use of the quota', async () => {
    const { status } = await product.admin.request<AnyManifest>('GET', quota);
    return status.used?.pods === '1' ? status.used : undefined;
  });
  expect(used).toEqual({
    pods: '1',
    'requests.cpu': job.resources.requests.cpu,
    'requests.memory': job.resources.requests.memory,
    'limits.memory': job.resources.limits.memory,
  });
});
