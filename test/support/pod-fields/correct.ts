import { apart, container, dns, from, type Job, nodes, pod, resources, spread, together } from './builders.ts';

/** Definitions that are correct, and that the API server takes. */
export const CORRECT: Record<string, Job> = {
  'every field of a container': container({
    imagePullPolicy: 'Always',
    command: ['sh'],
    args: ['-c', 'true'],
    workingDir: '/data',
    env: [
      { name: 'A', value: 'b' },
      { name: 'spring.profiles-active', value: '' },
      { name: 'B', valueFrom: { configMapKeyRef: { name: 'c', key: 'd.e_f-G', optional: true } } },
      { name: 'C', valueFrom: { secretKeyRef: { name: 'c.d', key: '.e', optional: false } } },
      { name: 'D', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } },
      { name: 'E', valueFrom: { resourceFieldRef: { resource: 'requests.cpu', divisor: '1m' } } },
      { name: 'F', valueFrom: { resourceFieldRef: { resource: 'requests.ephemeral-storage' } } },
    ],
    envFrom: [{ prefix: 'DB_', secretRef: { name: 'db' } }, { configMapRef: { name: 'db', optional: true } }],
  }),
  'a command in the image of simulated work': { container: { command: ['node', '-e', '1'] } },
  ...Object.fromEntries(
    [
      'metadata.name',
      'metadata.namespace',
      'metadata.uid',
      "metadata.labels['async-api.dev/job']",
      "metadata.annotations['a']",
      'spec.nodeName',
      'spec.serviceAccountName',
      'status.hostIP',
      'status.hostIPs',
      'status.podIP',
      'status.podIPs',
    ].map((fieldPath) => [`the field ${fieldPath}`, from({ fieldRef: { fieldPath } })]),
  ),
  'quantities in every form': resources(
    { cpu: '1e3', memory: '1E', 'ephemeral-storage': '.5Gi', 'nvidia.com/gpu': '2000m' },
    { cpu: '0.5', memory: '1.5Ki', 'ephemeral-storage': '1.e3', 'nvidia.com/gpu': 2 },
  ),
  'quantities as numbers': resources({ cpu: 0.5, memory: 134217728, 'nvidia.com/gpu': 1 }),
  'requests of nothing beside limits': resources({ cpu: '1', memory: '1Gi' }, { cpu: '0', memory: 0 }),
  'a limit of no disk': resources({ 'ephemeral-storage': 0 }),
  'requests alone': container({ resources: { requests: { cpu: '7', memory: '1Gi', 'example.com/a': '1' } } }),
  'every kind of volume': {
    ...container({
      volumeMounts: [
        { name: 'scratch', mountPath: '/scratch', subPath: 'a/..b', readOnly: false },
        { name: 'claim', mountPath: '/claim', readOnly: true },
      ],
    }),
    volumes: [
      { name: 'scratch', emptyDir: { sizeLimit: '1.5Gi' } },
      { name: 'config', configMap: { name: 'a', items: [{ key: 'b', path: 'c/d', mode: 0 }], optional: true } },
      { name: 'secret', secret: { secretName: 'a', defaultMode: 0o777, optional: false } },
      { name: 'claim', persistentVolumeClaim: { claimName: 'a', readOnly: true } },
      {
        name: 'both',
        projected: {
          sources: [
            { secret: { name: 'a', items: [{ key: 'b', path: 'c' }] } },
            { configMap: { name: 'a', optional: true } },
          ],
          defaultMode: 0o400,
        },
      },
    ],
  },
  'every field of a pod': pod({
    nodeSelector: { disk: 'ssd', 'example.com/zone': '' },
    tolerations: [
      { key: 'a' },
      { key: 'example.com/a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 0 },
      { key: 'a', operator: 'Exists', value: '' },
      { key: 'a', operator: 'Equal', value: 'b', effect: 'PreferNoSchedule' },
    ],
    runtimeClassName: 'gvisor',
    priorityClassName: 'batch.low',
    schedulerName: 'other',
    serviceAccountName: 'reader',
    imagePullSecrets: [{ name: 'registry' }],
    securityContext: { runAsUser: 1, runAsGroup: 2_147_483_647, fsGroup: 2000, supplementalGroups: [3000] },
    terminationGracePeriodSeconds: 0,
    hostAliases: [
      { ip: '192.0.2.1', hostnames: ['a', 'b.example.com'] },
      { ip: '2001:db8::1', hostnames: ['c'] },
    ],
  }),
  'DNS up to its limits': dns({
    nameservers: ['192.0.2.1', '192.0.2.2', '2001:db8::1'],
    searches: ['.', '_sites.example.com.', ...Array(30).fill('example.com')],
    options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }],
  }),
  'constraints of two kinds': spread(
    { minDomains: 1, labelSelector: { matchLabels: { a: 'b' } } },
    { whenUnsatisfiable: 'ScheduleAnyway', labelSelector: { matchExpressions: [{ key: 'a', operator: 'Exists' }] } },
  ),
  'nodes by a label': nodes({ key: 'example.com/disk', operator: 'NotIn', values: ['hdd', ''] }),
  'nodes by a number': nodes({ key: 'cores', operator: 'Gt', values: ['4'] }),
  'nodes by name': nodes({ key: 'metadata.name', operator: 'In', values: ['node-1.example'] }, 'matchFields'),
  'pods by an empty selector, which is all': apart({ labelSelector: {} }),
  'pods without a selector, which is none': together({}),
  'pods by labels': together({
    labelSelector: { matchLabels: { a: '' }, matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] },
  }),
};
