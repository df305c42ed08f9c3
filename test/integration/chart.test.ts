import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { buildHelm, canBuildHelm } from '../../dev/cluster/helm.ts';
import { inNamespace } from '../../dev/cluster/install.ts';
import { Progress } from '../../dev/cluster/progress.ts';
import { run } from '../../dev/cluster/run.ts';
import { writeChart } from '../../scripts/chart.ts';
import { Product } from '../support/harness.ts';
import { type AnyManifest, kubectl, kustomize, toInput } from '../support/kubectl.ts';
import { VERSION } from '../support/version.ts';

let folder: string;
let chart: string;
let helm: string;
let product: Product;
// Only machines without Go skip them: then a cluster of somebody else runs the other tests.
const suite = canBuildHelm() ? describe : describe.skip;

const template = async (...values: string[]): Promise<AnyManifest[]> => {
  const out = await run(helm, ['template', 'async-api', chart, ...values]);
  return parseAllDocuments(out, { version: '1.1' })
    .map((document) => document.toJS() as AnyManifest)
    .filter(Boolean);
};
const find = (objects: AnyManifest[], kind: string, name: string): AnyManifest =>
  objects.find((one) => one.kind === kind && one.metadata.name === name)!;

const annotationsOf = (object: AnyManifest): Record<string, string> => ({ ...Object(object.metadata).annotations });

suite('the chart', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'async-api-chart-'));
    chart = join(folder, 'chart');
    [helm, product] = await Promise.all([buildHelm(new Progress()), Product.install()]);
    await writeChart(chart, process.env.TEST_KUBECTL!, 'registry.invalid/async-api/', VERSION);
  }, 900_000);
  afterAll(async () => {
    await product.uninstall();
    await rm(folder, { recursive: true });
  });

  test('is one that Helm finds no fault with, and has the version of the package', async () => {
    await expect(run(helm, ['lint', '--strict', chart])).resolves.toContain('0 chart(s) failed');
    expect(parse(await readFile(join(chart, 'Chart.yaml'), 'utf8'))).toMatchObject({
      version: VERSION,
      appVersion: VERSION,
    });
    // The release workflow publishes the file of this name.
    const out = await run(helm, ['package', chart, '--destination', folder]);
    expect(out).toContain(join(folder, `async-api-${VERSION}.tgz`));
  });

  test('renders what kustomize renders of overlays/production, but for names with a hash, and what Helm must keep', async () => {
    const withoutHash = (objects: AnyManifest[]): AnyManifest[] =>
      JSON.parse(JSON.stringify(objects).replaceAll(/async-api-config-\w{10}/g, 'async-api-config'));
    const byName = (objects: AnyManifest[]) =>
      Object.fromEntries(objects.map((one) => [`${one.kind} ${one.metadata.name}`, one]));
    const rendered = await template();
    const kept = rendered.filter((object) => annotationsOf(object)['helm.sh/resource-policy'] === 'keep');
    expect(kept.map(({ kind }) => kind).toSorted()).toEqual(['CustomResourceDefinition', 'Namespace']);
    for (const { metadata } of [...kept, find(rendered, 'Deployment', 'async-api').spec.template]) {
      const { 'helm.sh/resource-policy': _, 'async-api.dev/config-hash': __, ...annotations } = metadata.annotations;
      if (Object.keys(annotations).length > 0) metadata.annotations = annotations;
      else delete metadata.annotations;
    }
    expect(byName(rendered)).toEqual(byName(withoutHash(await kustomize('overlays/production'))));
  });

  test('is accepted by the API server, each object and field of it, without a warning', async () => {
    const objects = await template('--set', `namespace=${product.namespace}`);
    const dryRun = ['apply', '--dry-run=server', '--validate=strict', '--server-side', '--force-conflicts', '-f', '-'];
    const { out, err } = await kubectl(dryRun, { input: toInput(objects) });
    expect(out.trim().split('\n')).toHaveLength(objects.length);
    expect(err).not.toMatch(/^Warning:/m);
  });

  test('passes a dry run of helm install', async () => {
    const cluster = ['--kubeconfig', process.env.TEST_KUBECONFIG!, '--namespace', 'default'];
    // Elsewhere tests have applied the objects of the cluster without Helm.
    const options = ['--dry-run=server', '--take-ownership', '--set', `namespace=${product.namespace}`];
    const out = await run(helm, ['install', 'async-api', chart, ...cluster, ...options]);
    expect(out).toMatch(/^STATUS: pending-install$/m);
  });

  test('moves into another namespace like the overlay', async () => {
    const moved = (await template()).map((object) => inNamespace(object, 'team-b'));
    const named = JSON.stringify(moved).replaceAll(/"name":"async-api\.(?!dev)/g, '"name":"team-b.');
    expect(await template('--set', 'namespace=team-b')).toEqual(JSON.parse(named));
  });

  test('takes images, replicas, host, the namespace of the ingress controller, config.yaml and bounds.yaml as values', async () => {
    const files = {
      config: 'groups: { mine: { jobs: { j: { sleep: { seconds: 1 } } } } }\n',
      bounds: 'metadata: { annotations: { bounds.async-api.dev/secrets: db } }\n',
    };
    const values = Object.entries({
      'images.api': 'registry.example/a:1',
      'images.controller': 'registry.example/b:2',
      'images.jobImage': 'registry.example/c:3',
      'replicas.apiMin': '4',
      'replicas.apiMax': '5',
      'replicas.controller': '6',
      'ingress.host': 'runs.example',
      'ingress.controllerNamespace': 'traefik',
    }).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
    for (const [name, text] of Object.entries(files)) {
      await writeFile(join(folder, name), text);
      values.push('--set-file', `${name}=${join(folder, name)}`);
    }
    const objects = await template(...values);
    const container = (name: string) => find(objects, 'Deployment', name).spec.template.spec.containers[0];
    expect(container('async-api').image).toBe('registry.example/a:1');
    expect(container('async-api-controller').image).toBe('registry.example/b:2');
    expect(container('async-api-controller').env).toContainEqual({ name: 'JOB_IMAGE', value: 'registry.example/c:3' });
    expect(find(objects, 'HorizontalPodAutoscaler', 'async-api').spec).toMatchObject({
      minReplicas: 4,
      maxReplicas: 5,
    });
    expect(find(objects, 'Deployment', 'async-api-controller').spec.replicas).toBe(6);
    const { rules, tls } = find(objects, 'Ingress', 'async-api').spec;
    expect([rules[0].host, tls[0].hosts]).toEqual(['runs.example', ['runs.example']]);
    expect(JSON.stringify(find(objects, 'NetworkPolicy', 'async-api').spec)).toContain(
      '"kubernetes.io/metadata.name":"traefik"',
    );
    expect(find(objects, 'ConfigMap', 'async-api-config').data).toEqual({
      'config.yaml': files.config,
      'bounds.yaml': files.bounds,
    });
    expect(find(objects, 'Namespace', 'async-api').metadata).toMatchObject({
      annotations: { 'bounds.async-api.dev/secrets': 'db', 'helm.sh/resource-policy': 'keep' },
    });
    const hash = (all: AnyManifest[]) => find(all, 'Deployment', 'async-api').spec.template.metadata.annotations;
    expect(hash(objects)).not.toEqual(hash(await template()));
  });

  test.each(['image.api=x', 'replicas.api=3', 'ingress.host=', 'replicas.controller=0'])(
    'refuses the value %s, rather than install the default',
    async (value) => {
      await expect(template('--set', value)).rejects.toThrow(/schema/);
    },
  );
});
