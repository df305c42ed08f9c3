import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { parseCatalog } from '../../api/catalog/catalog.ts';
import { ROOT } from '../support/doc-blocks.ts';
import { type AnyManifest, kustomize } from '../support/kubectl.ts';
import { copyProduction } from '../support/production-copy.ts';
import { VERSION } from '../support/version.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'async-api-production-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let copies = 0;
async function renderCopy(replacements: Record<string, string> = {}): Promise<AnyManifest[]> {
  const copy = join(folder, `copy-${++copies}`);
  await copyProduction(copy, replacements);
  return kustomize(copy);
}
const inNamespace = (namespace: string) => renderCopy({ 'namespace: async-api\n': `namespace: ${namespace}\n` });
const shipped = () => kustomize('overlays/production');

const find = (objects: AnyManifest[], kind: string, name = 'async-api'): AnyManifest =>
  objects.find((one) => one.kind === kind && one.metadata.name.startsWith(name))!;
const podOf = (objects: AnyManifest[]) => find(objects, 'Deployment').spec.template.spec;

test('a copy outside of manifests/, with the path of the base changed, is the same', async () => {
  expect(await renderCopy()).toEqual(await shipped());
});

test('newName and newTag reach every image, JOB_IMAGE too, and nothing that a stranger may own is left', async () => {
  const text = JSON.stringify(
    await renderCopy({
      'newName: registry.invalid/async-api': 'newName: registry.example.com/team',
      [VERSION]: '7.8.9',
    }),
  );
  const named = [...text.matchAll(/"(registry[^"]*|docker\.io[^"]*|async-api\/[^"]*)"/g)].map(([, name]) => name);
  expect(named.toSorted()).toEqual(
    ['api', 'controller', 'job-image'].map((image) => `registry.example.com/team/${image}:7.8.9`),
  );
});

test('the API reads the config.yaml of the overlay, whose groups have no problems, and no other', async () => {
  const objects = await shipped();
  const text = await readFile(join(ROOT, 'manifests/overlays/production/config.yaml'), 'utf8');
  const configs = objects.filter(({ kind }) => kind === 'ConfigMap');
  const bounds = await readFile(join(ROOT, 'manifests/overlays/production/bounds.yaml'), 'utf8');
  expect(configs.map(({ data }) => data)).toEqual([{ 'config.yaml': text, 'bounds.yaml': bounds }]);
  expect(podOf(objects).volumes).toEqual([{ name: 'config', configMap: { name: configs[0]!.metadata.name } }]);
  const groups = [...parseCatalog(text)].map(([name, { problems, warnings }]) => ({ name, problems, warnings }));
  expect(groups).toEqual([{ name: 'nightly', problems: [], warnings: [] }]);
});

test('a bound of the overlay reaches both the policy and the API, also in another namespace', async () => {
  const copy = join(folder, 'with-bounds');
  await copyProduction(copy, { 'namespace: async-api\n': 'namespace: team-b\n' });
  const file = join(copy, 'bounds.yaml');
  await writeFile(file, (await readFile(file, 'utf8')).replace("/secrets: ''", '/secrets: db registry'));
  const objects = await kustomize(copy);
  const { annotations } = find(objects, 'Namespace', 'team-b').metadata;
  expect(annotations).toMatchObject({ 'bounds.async-api.dev/secrets': 'db registry' });
  const config = find(objects, 'ConfigMap', 'async-api-config');
  expect(parse(config.data['bounds.yaml']).metadata.annotations).toEqual(annotations);
});

/** The values of all fields that name a namespace. */
function namespacesIn(value: unknown, key = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => namespacesIn(item, key));
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([name, item]) => namespacesIn(item, name));
  return /^namespaces?$/.test(key) ? [String(value)] : [];
}

test('in another namespace every object is there, and none names async-api, the priority of the lease included', async () => {
  const objects = await inNamespace('team-b');
  expect(objects).toHaveLength((await shipped()).length);
  expect([...new Set(objects.flatMap((one) => namespacesIn(one)))].toSorted()).toEqual(['*', 'team-b']);
  expect(find(objects, 'Namespace', '').metadata.name).toBe('team-b');
  expect(JSON.stringify(objects)).not.toMatch(/serviceaccount:async-api|async-api\.svc/);
  const [{ subjects, resourceRules }] = find(objects, 'FlowSchema', '').spec.rules;
  expect(subjects.map((one: AnyManifest) => one.serviceAccount)).toEqual([
    { name: 'async-api-controller', namespace: 'team-b' },
  ]);
  expect(resourceRules[0].namespaces).toEqual(['*']);
});

test('an overlay of an overlay may change namespace and images too', async () => {
  await copyProduction(join(folder, 'middle'));
  const top = join(folder, 'top');
  await mkdir(top);
  await writeFile(
    join(top, 'kustomization.yaml'),
    'namespace: team-c\nresources: [../middle]\nimages: [{ name: registry.invalid/async-api/job-image, newTag: top }]\n',
  );
  const objects = await kustomize(top);
  expect([...new Set(objects.flatMap((one) => namespacesIn(one)))].toSorted()).toEqual(['*', 'team-c']);
  expect(JSON.stringify(objects)).toContain('"registry.invalid/async-api/job-image:top"');
});

/** Kinds without a namespace, which kustomize partly gives one. */
const CLUSTER_WIDE = [
  'ClusterRoleBinding',
  'CustomResourceDefinition',
  'FlowSchema',
  'Namespace',
  'PriorityClass',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
];

test('two installations share only cluster-wide objects that are the same for both', async () => {
  const [one, other] = await Promise.all(['team-b', 'team-c'].map(inNamespace));
  const clusterWide = (objects: AnyManifest[]) =>
    new Map(
      objects
        .filter(({ kind }) => CLUSTER_WIDE.includes(kind))
        .map(({ kind, metadata: { namespace: _, ...metadata }, ...rest }) => [
          `${kind} ${metadata.name}`,
          { metadata, ...rest },
        ]),
    );
  const [ours, theirs] = [clusterWide(one!), clusterWide(other!)];
  const shared = [...ours.keys()].filter((name) => theirs.has(name));
  for (const name of shared) expect(theirs.get(name)).toEqual(ours.get(name));
  expect([...ours.keys()].filter((name) => !theirs.has(name)).toSorted()).toEqual([
    'ClusterRoleBinding team-b.auth-delegator',
    'FlowSchema team-b.leader-election',
    'Namespace team-b',
  ]);
});

test('the ingress is for TLS only', async () => {
  const { metadata, spec } = find(await shipped(), 'Ingress');
  expect((metadata as Record<string, unknown>).annotations).toMatchObject({
    'nginx.ingress.kubernetes.io/force-ssl-redirect': 'true',
    'traefik.ingress.kubernetes.io/router.entrypoints': 'websecure',
    'traefik.ingress.kubernetes.io/router.tls': 'true',
  });
  expect(spec.tls).toEqual([{ hosts: [spec.rules[0].host], secretName: 'async-api-tls' }]);
});

test('requests reach the API only from the namespace of the ingress controller', async () => {
  const { ingress } = find(await shipped(), 'NetworkPolicy', 'async-api').spec;
  const controller = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ingress-nginx' } } };
  expect(ingress).toEqual([
    { ports: [{ port: 'http' }], from: [controller] },
    { ports: [{ port: 'metrics' }], from: [{ namespaceSelector: {} }] },
  ]);
});
