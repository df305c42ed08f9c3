import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { inNamespace } from '../../dev/cluster/install.ts';
import { blocksOf } from '../support/doc-blocks.ts';
import { Product } from '../support/harness.ts';
import { type AnyManifest, kubectl, kustomize, toInput } from '../support/kubectl.ts';
import { copyProduction } from '../support/production-copy.ts';

let product: Product;
let folder: string;
let objects: AnyManifest[];
beforeAll(async () => {
  product = await Product.install();
  folder = join(await mkdtemp(join(tmpdir(), 'async-api-sign-in-')), 'copy');
  const shown = blocksOf('docs/deploy.md').filter(({ section }) => section.startsWith('The web page'));
  const [file, patches] = shown.filter(({ info }) => info[0] === 'yaml').map(({ text }) => text);
  await copyProduction(folder, {
    '  - auth-delegator.yaml\n': '  - auth-delegator.yaml\n  - sign-in.yaml\n',
    // The list of patches ends above it.
    'replacements:\n': `${patches!.replaceAll(/^(?=.)/gm, '  ')}replacements:\n`,
  });
  await writeFile(join(folder, 'sign-in.yaml'), file!);
  objects = await kustomize(folder);
});
afterAll(async () => {
  await rm(join(folder, '..'), { recursive: true, force: true });
  await product.uninstall();
});

const find = (kind: string, name: string): AnyManifest =>
  objects.find((one) => one.kind === kind && one.metadata.name === name)!;

test('the API server accepts the overlay with the proxy of docs/deploy.md, and warns of nothing', async () => {
  const input = toInput(objects.map((object) => inNamespace(object, product.namespace)));
  const dryRun = ['apply', '--dry-run=server', '--validate=strict', '--server-side', '--force-conflicts', '-f', '-'];
  const { out, err } = await kubectl(dryRun, { input });
  expect(out.trim().split('\n')).toHaveLength(objects.length);
  expect(err).not.toMatch(/^Warning:/m);
});

test('every request goes through the proxy: the Ingress leads there, and the API takes no others', () => {
  const [{ http }] = find('Ingress', 'async-api').spec.rules;
  expect(http.paths).toEqual([
    { path: '/', pathType: 'Prefix', backend: { service: { name: 'oauth2-proxy', port: { name: 'http' } } } },
  ]);
  const proxy = { podSelector: { matchLabels: { 'app.kubernetes.io/name': 'oauth2-proxy' } } };
  expect(find('NetworkPolicy', 'async-api').spec.ingress[0]).toEqual({ ports: [{ port: 'http' }], from: [proxy] });
  expect(find('Deployment', 'oauth2-proxy').spec.template.metadata.labels).toEqual(proxy.podSelector.matchLabels);
});
