import type { JobDefinition } from '../../contract/job-definition.ts';

type Fields = Partial<JobDefinition>;
const container = (fields: object): Fields => ({ container: { image: 'registry.example/a', ...fields } }) as Fields;

/** A job that refers to something of each kind: the path of the name, the kind, the name, and the fields of the definition. */
export const BOUNDED: [path: string, kind: string, name: string, fields: Fields][] = [
  [
    'container.env.0.valueFrom.secretKeyRef.name',
    'secrets',
    'db',
    container({ env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'db', key: 'a' } } }] }),
  ],
  ['container.envFrom.0.secretRef.name', 'secrets', 'db', container({ envFrom: [{ secretRef: { name: 'db' } }] })],
  [
    'volumes.0.secret.secretName',
    'secrets',
    'db',
    { ...container({}), volumes: [{ name: 'a', secret: { secretName: 'db' } }] },
  ],
  [
    'volumes.0.projected.sources.1.secret.name',
    'secrets',
    'db',
    {
      ...container({}),
      volumes: [{ name: 'a', projected: { sources: [{ secret: { name: 'other' } }, { secret: { name: 'db' } }] } }],
    },
  ],
  ['pod.imagePullSecrets.0.name', 'secrets', 'db', { pod: { imagePullSecrets: [{ name: 'db' }] } }],
  [
    'container.env.0.valueFrom.configMapKeyRef.name',
    'configMaps',
    'texts',
    container({ env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'texts', key: 'a' } } }] }),
  ],
  [
    'container.envFrom.0.configMapRef.name',
    'configMaps',
    'texts',
    container({ envFrom: [{ configMapRef: { name: 'texts' } }] }),
  ],
  [
    'volumes.0.configMap.name',
    'configMaps',
    'texts',
    { ...container({}), volumes: [{ name: 'a', configMap: { name: 'texts' } }] },
  ],
  [
    'volumes.0.projected.sources.0.configMap.name',
    'configMaps',
    'texts',
    { ...container({}), volumes: [{ name: 'a', projected: { sources: [{ configMap: { name: 'texts' } }] } }] },
  ],
  [
    'volumes.0.persistentVolumeClaim.claimName',
    'persistentVolumeClaims',
    'data',
    { ...container({}), volumes: [{ name: 'a', persistentVolumeClaim: { claimName: 'data' } }] },
  ],
  ['pod.serviceAccountName', 'serviceAccounts', 'report', { pod: { serviceAccountName: 'report' } }],
  ['pod.priorityClassName', 'priorityClasses', 'low', { pod: { priorityClassName: 'low' } }],
  ['pod.runtimeClassName', 'runtimeClasses', 'gvisor', { pod: { runtimeClassName: 'gvisor' } }],
  ['pod.schedulerName', 'schedulers', 'bin-packing', { pod: { schedulerName: 'bin-packing' } }],
  ['pod.tolerations.0.key', 'tolerations', 'nvidia.com/gpu', { pod: { tolerations: [{ key: 'nvidia.com/gpu' }] } }],
  [
    'container.resources.limits.nvidia.com/gpu',
    'extendedResources',
    'nvidia.com/gpu',
    container({ resources: { limits: { 'nvidia.com/gpu': '1' } } }),
  ],
  [
    'container.image',
    'imagePrefixes',
    'registry.example/team',
    container({ image: 'registry.example/team/report:1.0' }),
  ],
];

/** Images, the imagePrefixes of the bounds, and whether they allow it. */
export const IMAGES: [image: string, prefixes: string, isAllowed: boolean][] = [
  ['registry.example/team', 'registry.example/team', true],
  ['registry.example/team:1.0', 'registry.example/team', true],
  ['registry.example/team@sha256:0123', 'registry.example/team', true],
  ['registry.example/team:1.0@sha256:0123', 'registry.example/team', true],
  ['registry.example/team/x:1.0', 'registry.example/team', true],
  ['registry.example/team/x/y', 'registry.example/team/', true],
  ['registry.example/team', 'registry.example/team/', true],
  ['registry.example/x', 'registry.example', true],
  ['registry.example:5000/x', 'registry.example:5000', true],
  ['busybox:1.36', 'registry.example/team busybox', true],
  ['any.example/x', '', true],
  ['registry.example/team-evil/x', 'registry.example/team', false],
  ['registry.example/team-evil/x', 'registry.example/team/', false],
  ['registry.example/teammate', 'registry.example/team', false],
  ['registry.example/Team/x', 'registry.example/team', false],
  ['registry.example.evil/x', 'registry.example', false],
  ['registry.example:8443/x', 'registry.example', false],
  ['registry.example@evil/x', 'registry.example', false],
  ['evil.example/registry.example/team/x', 'registry.example/team', false],
  ['registry.example', 'registry.example/team', false],
  ['busybox', 'registry.example/team', false],
];
