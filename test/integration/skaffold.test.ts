import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { SkaffoldExcerpt } from '../../scripts/skaffold-excerpt.ts';
import { type AnyManifest, kustomize } from '../support/kubectl.ts';

const ROOT = join(import.meta.dirname, '../..');
const skaffold = SkaffoldExcerpt.parse(parse(await readFile(join(ROOT, 'skaffold.yaml'), 'utf8')));
const deployed: AnyManifest[] = await kustomize(join('..', skaffold.manifests.kustomize.paths[0]!));

/** The image names in the fields of a Deployment that Skaffold replaces; a path names no list indexes. */
function imageFields(value: unknown, path = ''): string[] {
  const { image } = skaffold.resourceSelector.allow.find(({ groupKind }) => groupKind === 'Deployment.apps')!;
  if (Array.isArray(value)) return value.flatMap((item) => imageFields(item, path));
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([key, item]) => imageFields(item, `${path}.${key}`));
  }
  const isReplaced = image.includes(path) || (image.includes('.*') && path.endsWith('.image'));
  return isReplaced && typeof value === 'string' ? [value.split(':')[0]!] : [];
}

test('skaffold.yaml builds each image that the local overlay names, JOB_IMAGE too, and replaces its name', () => {
  const built = skaffold.build.artifacts.map(({ image }) => image);
  const named = deployed.filter(({ kind }) => kind === 'Deployment').flatMap((one) => imageFields(one));
  expect(built.toSorted()).toEqual(
    [...new Set(named.filter((name) => name.startsWith('registry.invalid/')))].toSorted(),
  );
});

test('skaffold.yaml forwards the port of the deployed Service', () => {
  const [forward] = skaffold.portForward;
  const service = deployed.find(({ kind }) => kind === 'Service')!;
  expect(forward).toEqual({
    resourceType: 'service',
    resourceName: service.metadata.name,
    namespace: service.metadata.namespace,
    port: service.spec.ports[0].port,
    localPort: 5100,
  });
});

test('without a profile and with one, skaffold.yaml names the cluster that it deploys to', () => {
  const contexts = [skaffold.deploy, ...skaffold.profiles.map(({ deploy }) => deploy)].map((one) => one.kubeContext);
  expect(contexts).toEqual(['kind-async-api', 'kind-async-api', 'minikube']);
});

test.each(skaffold.build.artifacts)('the Dockerfile of $image exists', ({ context = '.', docker }) => {
  expect(existsSync(join(ROOT, context, docker?.dockerfile ?? 'Dockerfile'))).toBe(true);
});
