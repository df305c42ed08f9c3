import type { Container } from '../../contract/container.ts';
import type { JobDefinition } from '../../contract/job-definition.ts';
import type { PodOptions } from '../../contract/pod-options.ts';
import type { Volume } from '../../contract/volume.ts';
import type { Bounds } from './bounds.ts';
import type { Issue } from './describe-issue.ts';

/** Names in a message. */
const MAX_SHOWN = 20;
const DEFAULT_SCHEDULER = 'default-scheduler';
const ORDINARY_RESOURCES = ['cpu', 'memory', 'ephemeral-storage'];

/** A name of that kind at a path from the job on. */
type Reference = [kind: keyof Bounds, name: string | undefined, ...path: (string | number)[]];

/** Every name in a job that the bounds do not allow, as manifests/core/job-policy.yaml decides. Paths begin at the job. */
export const beyondBounds = (job: JobDefinition, bounds: Bounds): Issue[] =>
  [...references(job)].flatMap(([kind, name, ...path]) =>
    name === undefined || isAllowed(bounds, kind, name)
      ? []
      : [{ path: path.map(String), message: describe(kind, bounds[kind], name) }],
  );

function isAllowed(bounds: Bounds, kind: keyof Bounds, name: string): boolean {
  const names = bounds[kind];
  if (kind !== 'imagePrefixes') return names.has(name);
  return names.size === 0 || [...names].some((prefix) => isBelow(name, prefix));
}

/**
 * Whether an image is that of the prefix or below it. A colon or @ begins a tag or digest, which has no slash:
 * registry.example:8443/a is another registry than registry.example.
 */
const isBelow = (image: string, prefix: string): boolean =>
  image === prefix ||
  image.startsWith(`${prefix}/`) ||
  (image.startsWith(prefix) && /^[:@][^/]*$/.test(image.slice(prefix.length)));

function describe(kind: keyof Bounds, names: ReadonlySet<string>, name: string): string {
  const listed = [...names].slice(0, MAX_SHOWN).join(', ') || 'none';
  const all = names.size > MAX_SHOWN ? `${listed}, …` : listed;
  const what = kind === 'imagePrefixes' ? 'an image that begins with one' : 'one';
  return `expected ${what} of ${kind} in bounds.yaml (${all}), got "${name}": the owner of the cluster changes that file`;
}

function* references({ container = {}, volumes = [], pod = {} }: JobDefinition): Generator<Reference> {
  yield* ofContainer(container);
  for (const [index, volume] of volumes.entries()) yield* ofVolume(volume, ['volumes', index]);
  yield* ofPod(pod);
}

function* ofContainer({ image, env = [], envFrom = [], resources = {} }: Container): Generator<Reference> {
  yield ['imagePrefixes', image, 'container', 'image'];
  for (const [index, { valueFrom }] of env.entries()) {
    const path = ['container', 'env', index, 'valueFrom'];
    yield ['secrets', valueFrom?.secretKeyRef?.name, ...path, 'secretKeyRef', 'name'];
    yield ['configMaps', valueFrom?.configMapKeyRef?.name, ...path, 'configMapKeyRef', 'name'];
  }
  for (const [index, { secretRef, configMapRef }] of envFrom.entries()) {
    const path = ['container', 'envFrom', index];
    yield ['secrets', secretRef?.name, ...path, 'secretRef', 'name'];
    yield ['configMaps', configMapRef?.name, ...path, 'configMapRef', 'name'];
  }
  for (const [list, amounts] of Object.entries(resources)) {
    for (const name of Object.keys(amounts ?? {})) {
      if (!ORDINARY_RESOURCES.includes(name)) yield ['extendedResources', name, 'container', 'resources', list, name];
    }
  }
}

function* ofVolume(
  { secret, configMap, persistentVolumeClaim, projected }: Volume,
  path: (string | number)[],
): Generator<Reference> {
  yield ['secrets', secret?.secretName, ...path, 'secret', 'secretName'];
  yield ['configMaps', configMap?.name, ...path, 'configMap', 'name'];
  const claim = persistentVolumeClaim?.claimName;
  yield ['persistentVolumeClaims', claim, ...path, 'persistentVolumeClaim', 'claimName'];
  for (const [index, source] of (projected?.sources ?? []).entries()) {
    const sourcePath = [...path, 'projected', 'sources', index];
    yield ['secrets', source.secret?.name, ...sourcePath, 'secret', 'name'];
    yield ['configMaps', source.configMap?.name, ...sourcePath, 'configMap', 'name'];
  }
}

function* ofPod({ imagePullSecrets = [], tolerations = [], ...pod }: PodOptions): Generator<Reference> {
  for (const [index, { name }] of imagePullSecrets.entries()) {
    yield ['secrets', name, 'pod', 'imagePullSecrets', index, 'name'];
  }
  for (const [index, { key }] of tolerations.entries()) yield ['tolerations', key, 'pod', 'tolerations', index, 'key'];
  yield ['serviceAccounts', pod.serviceAccountName, 'pod', 'serviceAccountName'];
  yield ['priorityClasses', pod.priorityClassName, 'pod', 'priorityClassName'];
  yield ['runtimeClasses', pod.runtimeClassName, 'pod', 'runtimeClassName'];
  if (pod.schedulerName !== DEFAULT_SCHEDULER) yield ['schedulers', pod.schedulerName, 'pod', 'schedulerName'];
}
