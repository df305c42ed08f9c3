import { expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { releaseManifests } from '../../scripts/manifests.ts';
import { type AnyManifest, kustomize } from '../support/kubectl.ts';

test('the manifests of a release name the images of its registry and tag, and no others', async () => {
  const text = await releaseManifests(process.env.TEST_KUBECTL!, 'registry.example/team/', '7.8.9');
  const images = [...text.matchAll(/(?:image|value): (\S+\/(?:api|controller|job-image)\S*)$/gm)].map(
    ([, name]) => name,
  );
  expect(images.toSorted()).toEqual(
    ['api', 'controller', 'job-image'].map((name) => `registry.example/team/${name}:7.8.9`),
  );
  expect(text).not.toContain('registry.invalid');
});

test('they are base with the authentication of production, and without an Ingress, which needs a host and TLS', async () => {
  const names = (objects: AnyManifest[]) => objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`).toSorted();
  const text = await releaseManifests(process.env.TEST_KUBECTL!, 'registry.example/team/', '7.8.9');
  const objects = parseAllDocuments(text).map((document) => document.toJS() as AnyManifest);
  const base = (await kustomize('base')).filter(({ kind }) => kind !== 'Ingress');
  const delegates = (object: AnyManifest) => object.kind === 'ClusterRoleBinding';
  const production = await kustomize('overlays/production');
  expect(names(objects)).toEqual(names([...base, ...production.filter(delegates)]));
  expect(objects.filter(delegates)).toEqual(production.filter(delegates));
});
