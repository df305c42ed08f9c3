import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { GroupRun } from '../../contract/group-run.ts';
import type { JobDefinition } from '../../contract/job-definition.ts';
import { buildJob } from '../../controller/decide/job.ts';
import type { KubeClient } from '../../kube/client.ts';
import { definition, ID, run } from '../support/builders.ts';
import { DENIED_BY_ANOTHER_RULE, DENIED_FIELDS, NEEDED_OF_THE_POD } from '../support/denied-job-fields.ts';
import { eventually } from '../support/eventually.ts';
import { Product } from '../support/harness.ts';
import { mergePatch } from '../support/merge-patch.ts';
import { denialOf } from '../support/policy.ts';

let product: Product;
let controller: KubeClient;
/** Admitted and validated, but not stored. */
const DRY = { query: { dryRun: 'All' } };
const IMAGE = 'registry.invalid/async-api/job-image:test';

type Job = ReturnType<typeof buildJob>;
type Container = Job['spec']['template']['spec']['containers'][0];
const create = (body: object, client = controller) => client.request<Job>('POST', product.jobsPath(), { ...DRY, body });

beforeAll(async () => {
  product = await Product.install();
  controller = await product.as('async-api-controller');
  await denialOf(() => create(withMeta({ name: 'miner' })), /'async-api-controller-jobs'/);
  // For volumeDevices, which need a claim.
  await product.setBounds({ persistentVolumeClaims: 'a' });
  const withClaim = volume({ persistentVolumeClaim: { claimName: 'a' } });
  await eventually('the bounds', () => create(withClaim).catch(() => undefined));
}, 240_000);
afterAll(async () => {
  await controller.close();
  await product.uninstall();
});

const jobOf = (fields: Partial<JobDefinition> = {}, about: Partial<GroupRun['spec']> = {}): Job => {
  const one = run([definition(fields)]);
  return buildJob({ ...one, spec: { ...one.spec, ...about } }, 1, IMAGE);
};
const own: JobDefinition['container'] = { image: 'example/report:1.0' };

test.each<[string, Job]>([
  ['sleeps', jobOf()],
  ['logs', jobOf({ sleep: undefined, log: { lines: 3 } } as Partial<JobDefinition>)],
  ['has the longest deadline and most attempts', jobOf({ activeDeadlineSeconds: 604_800, backoffLimit: 20 })],
  ['has parameters', jobOf({}, { parameters: { WHO: 'world' } })],
  [
    "runs a container of the definition's own",
    jobOf({
      sleep: undefined,
      container: {
        ...own,
        command: ['sh'],
        args: ['-c', 'true'],
        workingDir: '/tmp',
        imagePullPolicy: 'Always',
        env: [
          { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
          { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
        ],
        resources: { limits: { cpu: '2', memory: '1Gi', 'ephemeral-storage': '1Gi' } },
        volumeMounts: [{ name: 'scratch', mountPath: '/scratch', subPath: 'a', readOnly: false }],
      },
      volumes: [{ name: 'scratch', emptyDir: { sizeLimit: '1Gi' } }],
    } as Partial<JobDefinition>),
  ],
  [
    'says where and as whom its pod runs',
    jobOf({
      pod: {
        nodeSelector: { disk: 'ssd' },
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] }],
            },
          },
          podAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'a', labelSelector: {} }],
            preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: { topologyKey: 'a' } }],
          },
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'a', labelSelector: {} }],
            preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: { topologyKey: 'a' } }],
          },
        },
        topologySpreadConstraints: [
          { maxSkew: 1, topologyKey: 'a', whenUnsatisfiable: 'DoNotSchedule', labelSelector: {}, minDomains: 2 },
        ],
        schedulerName: 'default-scheduler',
        securityContext: { runAsUser: 1000, runAsGroup: 1000, fsGroup: 2000, supplementalGroups: [3000] },
        terminationGracePeriodSeconds: 600,
        hostAliases: [{ ip: '192.0.2.1', hostnames: ['a.example'] }],
        dnsConfig: { nameservers: ['192.0.2.1'], searches: ['example'], options: [{ name: 'ndots', value: '1' }] },
      },
      activeDeadlineSeconds: 604_800,
    }),
  ],
])('the controller may create the Job of a definition that %s', async (_what, job) => {
  expect((await create(job)).metadata.name).toBe(ID);
});

const withMeta = (metadata: object): object => ({ ...jobOf(), metadata: { ...jobOf().metadata, ...metadata } });
const withSpec = (spec: object): object => ({ ...jobOf(), spec: { ...jobOf().spec, ...spec } });
const withTemplate = (template: object): object => withSpec({ template: { ...jobOf().spec.template, ...template } });
const withPod = (spec: object): object => withTemplate({ spec: { ...jobOf().spec.template.spec, ...spec } });
const container = (): Container => jobOf().spec.template.spec.containers[0]!;
const withContainer = (fields: object): object => withPod({ containers: [{ ...container(), ...fields }] });
const withRights = (fields: object): object =>
  withContainer({ securityContext: { ...container().securityContext, ...fields } });
const podRights = (fields: object): object =>
  withPod({ securityContext: { ...jobOf().spec.template.spec.securityContext, ...fields } });
const labels = () => jobOf().metadata.labels;
const owner = () => jobOf().metadata.ownerReferences[0]!;
/** The API server allows TerminatingOrFailed only without a podFailurePolicy. */
const twoPods = () => withSpec({ podFailurePolicy: undefined, podReplacementPolicy: 'TerminatingOrFailed' });
/** The API server allows OnFailure only without a podFailurePolicy. */
const restarting = () =>
  withSpec({
    podFailurePolicy: undefined,
    template: { ...jobOf().spec.template, spec: { ...jobOf().spec.template.spec, restartPolicy: 'OnFailure' } },
  });
const volume = (source: object) => withPod({ volumes: [{ name: 'a', ...source }] });
const failurePolicy = (...rules: object[]) => withSpec({ podFailurePolicy: { rules } });
const exitCodes = { containerName: 'job', operator: 'In', values: [1] };

test.each(['FailJob', 'Ignore'])('the controller may create a Job whose exit codes lead to %s', async (action) => {
  const disruption = { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] };
  await create(failurePolicy({ action, onExitCodes: exitCodes }, disruption));
});

test.each<[string, object, RegExp]>([
  ['a name that is not an id', withMeta({ name: 'miner' }), /id of a job/],
  ['no owner', withMeta({ ownerReferences: [] }), /one owner/],
  ['an owner of another kind', withMeta({ ownerReferences: [{ ...owner(), kind: 'Other' }] }), /one owner/],
  [
    'an owner that does not control it',
    withMeta({ ownerReferences: [{ ...owner(), controller: false }] }),
    /one owner/,
  ],
  ['two owners', withMeta({ ownerReferences: [owner(), { ...owner(), uid: 'b', controller: false }] }), /one owner/],
  ['a finalizer', withMeta({ finalizers: ['async-api.dev/test'] }), /no finalizers/],
  ['none of our labels', withMeta({ labels: { a: 'b' } }), /labels/],
  [
    'the label of another manager',
    withMeta({ labels: { ...labels(), 'app.kubernetes.io/managed-by': 'x' } }),
    /labels/,
  ],
  ['the label of another run', withMeta({ labels: { ...labels(), 'async-api.dev/run': 'x' } }), /labels/],
  [
    "the name of the product's own pods",
    withMeta({ labels: { ...labels(), 'app.kubernetes.io/name': 'x' } }),
    /labels/,
  ],
  [
    "pods with the name of the product's own",
    withTemplate({ metadata: { labels: { ...labels(), 'app.kubernetes.io/name': 'async-api' } } }),
    /labels/,
  ],
  ['pods without labels', withTemplate({ metadata: {} }), /labels/],
  ['no deadline', withSpec({ activeDeadlineSeconds: undefined }), /deadline/],
  ['a deadline beyond that of the longest pod', withSpec({ activeDeadlineSeconds: 605_421 }), /deadline/],
  ['a deadline of a year', withSpec({ activeDeadlineSeconds: 31_536_000 }), /deadline/],
  ['no deadline of its pods', withPod({ activeDeadlineSeconds: undefined }), /deadline/],
  ['many pods at a time', withSpec({ parallelism: 50, completions: 50 }), /one pod at a time/],
  ['endless attempts', withSpec({ backoffLimit: 1_000_000 }), /further attempts/],
  ['two containers', withPod({ containers: [container(), { ...container(), name: 'b' }] }), /one container/],
  ['an init container', withPod({ initContainers: [{ ...container(), name: 'b' }] }), /other fields of the pod/],
  ['scratch space without a limit', volume({ emptyDir: {} }), /sizeLimit/],
  ['scratch space with a limit of 0, which is none', volume({ emptyDir: { sizeLimit: '0Mi' } }), /sizeLimit/],
  ['a volume of no kind', volume({}), /sizeLimit/],
  ['the token of the default account', withPod({ automountServiceAccountToken: true }), /a token only/],
  ['a node of its choice', withPod({ nodeName: 'control-plane' }), /other fields of the pod/],
  ['the network of the node', withPod({ hostNetwork: true }), /other fields of the pod/],
  ['the processes of the node', withPod({ hostPID: true }), /other fields of the pod/],
  ['the IPC of the node', withPod({ hostIPC: true }), /other fields of the pod/],
  [
    'a port of the node',
    withContainer({ ports: [{ containerPort: 80, hostPort: 80 }] }),
    /other fields of the container/,
  ],
  ['the user root', podRights({ runAsUser: 0, runAsNonRoot: false }), /user and groups other than root/],
  ['the user root by its number', podRights({ runAsUser: 0 }), /user and groups other than root/],
  ['a user that may be root', podRights({ runAsNonRoot: false }), /user and groups other than root/],
  ['root for its container', withRights({ runAsUser: 0, runAsNonRoot: false }), /other fields of the container/],
  ['no seccomp profile', podRights({ seccompProfile: { type: 'Unconfined' } }), /seccomp/],
  ['privilege escalation', withRights({ allowPrivilegeEscalation: true }), /without privileges/],
  ['a writable root file system', withRights({ readOnlyRootFilesystem: false }), /without privileges/],
  ['capabilities', withRights({ capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] } }), /without privileges/],
  ['the capabilities of the runtime', withRights({ capabilities: {} }), /without privileges/],
  ['no limits', withContainer({ resources: {} }), /limits/],
  ['a limit of 0 CPUs, which is none', withContainer({ resources: { limits: { cpu: 0, memory: '1Gi' } } }), /limits/],
  ['a limit of 0 bytes, which is none', withContainer({ resources: { limits: { cpu: 1, memory: '0Gi' } } }), /limits/],
  ['the group root', podRights({ runAsGroup: 0 }), /user and groups other than root/],
  ['files of the group root', podRights({ fsGroup: 0 }), /user and groups other than root/],
  ['root as one more group', podRights({ supplementalGroups: [1, 0] }), /user and groups other than root/],
  ['a pod that outruns its deadline', withPod({ terminationGracePeriodSeconds: 601 }), /grace period/],
  ['containers that start again', restarting(), /defaults of a pod/],
  ["the node's DNS", withPod({ dnsPolicy: 'Default' }), /defaults of a pod/],
  ['the addresses of Services as variables', withPod({ enableServiceLinks: true }), /defaults of a pod/],
  ['another container than job', withContainer({ name: 'b' }), /name job/],
  ['another path of its message', withContainer({ terminationMessagePath: '/tmp/a' }), /name job/],
  ['indexes', withSpec({ completionMode: 'Indexed', completions: 1 }), /defaults of a Job/],
  [
    'a selector of its own',
    withSpec({ manualSelector: true, selector: { matchLabels: jobOf().spec.template.metadata.labels } }),
    /defaults of a Job/,
  ],
  [
    'free attempts for all exit codes but some',
    failurePolicy({ action: 'Ignore', onExitCodes: { ...exitCodes, operator: 'NotIn' } }),
    /podFailurePolicy/,
  ],
  [
    'free attempts for an exit code of any container',
    failurePolicy({ action: 'Ignore', onExitCodes: { ...exitCodes, containerName: undefined } }),
    /podFailurePolicy/,
  ],
  ['a count for an exit code', failurePolicy({ action: 'Count', onExitCodes: exitCodes }), /podFailurePolicy/],
  [
    'free attempts for another condition',
    failurePolicy({ action: 'Ignore', onPodConditions: [{ type: 'Ready', status: 'False' }] }),
    /podFailurePolicy/,
  ],
  [
    'no further attempt after a disruption',
    failurePolicy({ action: 'FailJob', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }),
    /podFailurePolicy/,
  ],
  ['two pods at a time after a failure', twoPods(), /defaults of a Job/],
])('the controller may not create a Job with %s', async (_what, job, message) => {
  const refusal = expect(create(job)).rejects;
  await refusal.toMatchObject({ code: 403, message: expect.stringMatching(message) });
});

/** A Job with these fields in the object whose allowed fields the policy lists. */
const withFields: Record<keyof typeof DENIED_FIELDS, (fields: object, pod?: object) => object> = {
  jobFields: withSpec,
  templateFields: withTemplate,
  templateMetadataFields: (fields) => withTemplate({ metadata: { labels: labels(), ...fields } }),
  podFields: withPod,
  podSecurityFields: podRights,
  containerFields: (fields, pod) => withPod({ ...pod, containers: [{ ...container(), ...fields }] }),
  containerSecurityFields: withRights,
  resourcesFields: (fields, pod) =>
    withPod({ ...pod, containers: [{ ...container(), resources: { ...container().resources, ...fields } }] }),
  envFields: (fields) => withContainer({ env: [{ name: 'A', ...fields }] }),
  valueFromFields: (fields, pod) =>
    withPod({ ...pod, containers: [{ ...container(), env: [{ name: 'A', valueFrom: fields }] }] }),
  envFromFields: (fields) => withContainer({ envFrom: [fields] }),
  volumeMountFields: (fields) =>
    withPod({
      volumes: [{ name: 'a', emptyDir: { sizeLimit: '1Mi' } }],
      containers: [{ ...container(), volumeMounts: [{ name: 'a', mountPath: '/a', ...fields }] }],
    }),
  volumeFields: volume,
  emptyDirFields: (fields) => volume({ emptyDir: { sizeLimit: '1Mi', ...fields } }),
  projectionFields: (fields) => volume({ projected: { sources: [fields] } }),
  topologySpreadFields: (fields) =>
    withPod({
      topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'a', whenUnsatisfiable: 'DoNotSchedule', ...fields }],
    }),
  podAffinityTermFields: (fields) =>
    withPod({
      affinity: {
        podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'a', ...fields }] },
      },
    }),
};
/** The object whose other fields the message denies. */
const deniedOf = (list: keyof typeof DENIED_FIELDS): string => {
  if (['jobFields', 'templateFields', 'templateMetadataFields'].includes(list)) return 'Job';
  if (['podFields', 'podSecurityFields', 'topologySpreadFields', 'podAffinityTermFields'].includes(list)) return 'pod';
  return ['volumeFields', 'emptyDirFields', 'projectionFields'].includes(list) ? 'volumes' : 'container';
};
/** The API server refuses this one itself. */
const REFUSED = 'ephemeralContainers';
/** The API server drops these: they are off by default in Kubernetes 1.36. */
const DROPPED = ['schedulingGroup', 'clusterTrustBundle', 'podCertificate'];

const deniedFields = Object.entries(DENIED_FIELDS).flatMap(([list, fields]) =>
  Object.entries(fields)
    .filter(([field]) => field !== REFUSED && !DROPPED.includes(field))
    .map(([field, value]): [keyof typeof DENIED_FIELDS, string, object] => [
      list as keyof typeof DENIED_FIELDS,
      field,
      value,
    ]),
);

test.each(deniedFields)(
  'the controller may not create a Job with a field that is not one of %s: %s',
  async (list, field, value) => {
    const job = withFields[list](value, NEEDED_OF_THE_POD[field]);
    const message =
      DENIED_BY_ANOTHER_RULE[`${list} ${field}`] ?? new RegExp(`no other fields of the ${deniedOf(list)} `);
    await expect(create(job)).rejects.toMatchObject({ code: 403, message: expect.stringMatching(message) });
    // Only the policy denies it.
    await create(job, product.admin);
  },
);

const elsewhere = { topologyKey: 'a', namespaces: ['kube-system'] };
test.each(['podAffinity', 'podAntiAffinity'])('the controller may not name other namespaces in %s', async (kind) => {
  const preferred = [{ weight: 1, podAffinityTerm: elsewhere }];
  for (const terms of [
    { requiredDuringSchedulingIgnoredDuringExecution: [elsewhere] },
    { preferredDuringSchedulingIgnoredDuringExecution: preferred },
  ]) {
    const job = withPod({ affinity: { [kind]: terms } });
    await expect(create(job)).rejects.toThrow(/no other fields of the pod /);
  }
});

test('the API server refuses ephemeral containers in a Job', async () => {
  await expect(create(withPod(DENIED_FIELDS.podFields[REFUSED]))).rejects.toMatchObject({ code: 422 });
});

test('the API server drops a field that it does not know, and the Job is created', async () => {
  const { schedulingGroup } = DENIED_FIELDS.podFields;
  const { clusterTrustBundle, podCertificate } = DENIED_FIELDS.projectionFields;
  const volumes = [{ name: 'a', projected: { sources: [clusterTrustBundle, podCertificate] } }];
  const { spec } = await create(withPod({ ...schedulingGroup, notYetAField: true, volumes }));
  const fields = Object.keys(spec.template.spec);
  expect(fields).not.toContain('schedulingGroup');
  expect(fields).not.toContain('notYetAField');
  expect(spec.template.spec.volumes).toMatchObject([{ projected: { sources: [{}, {}] } }]);
});

test.each(['async-api-controller-jobs', 'async-api-controller-job-updates'])(
  'the API server finds no type errors in the policy %s',
  async (name) => {
    const path = `/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/${name}`;
    const checked = await eventually('the type check', async () => {
      const { status } = await product.admin.request<{ status?: { typeChecking?: object } }>('GET', path);
      return status?.typeChecking;
    });
    expect(checked).toEqual({});
  },
);

test('the controller may stop a Job with fields of an earlier version or of Kueue, but add none', async () => {
  const body = { ...run(), metadata: { name: 'earlier' } };
  const { metadata } = await product.admin.request<GroupRun>('POST', product.runsPath(), { body });
  const job = buildJob({ ...run(), metadata }, 1, IMAGE);
  const template = { ...job.spec.template };
  const spec = { ...template.spec, terminationGracePeriodSeconds: 6000, tolerations: [{ operator: 'Exists' }] };
  const fields = { suspend: true, ttlSecondsAfterFinished: 3600, template: { ...template, spec } };
  const earlier = { ...job, spec: { ...job.spec, ...fields } };
  await product.admin.request('POST', product.jobsPath(), { body: earlier });
  const patch = (body: object) => mergePatch(controller, product.jobsPath(job.metadata.name), body);
  await patch({ metadata: { annotations: { 'async-api.dev/stop': '{}' } }, spec: { suspend: true } });
  // A suspended Job that never started lets its pods' place be changed.
  const addition = patch({ spec: { template: { spec: { nodeSelector: { a: 'b' } } } } });
  await expect(addition).rejects.toThrow(/no change of the Job's spec but suspend, got another template$/);
});

describe('of a stored Job', () => {
  const TEST_FINALIZER = 'async-api.dev/test';
  const OTHERS = { labels: { team: 'a' }, annotations: { note: 'a' }, finalizers: [TEST_FINALIZER] };
  let path: string;
  let before: Record<string, unknown>;
  const patch = (body: object, query = {}) =>
    mergePatch<Job & { metadata: { annotations: object } }>(controller, path, body, query);
  const denied = (message: string) => ({ code: 403, message: expect.stringMatching(message) });

  beforeAll(async () => {
    // The garbage collector deletes a Job whose owner does not exist.
    const { metadata } = await product.createRun(run().spec);
    const job = buildJob({ ...run(), metadata }, 1, IMAGE);
    path = product.jobsPath(job.metadata.name);
    await controller.request('POST', product.jobsPath(), { body: { ...job, spec: { ...job.spec, suspend: true } } });
    before = (await mergePatch<Job>(product.admin, path, { metadata: OTHERS })).metadata;
  });
  afterAll(async () => {
    await mergePatch(product.admin, path, { metadata: { finalizers: null } });
  });

  test.each([
    ['activeDeadlineSeconds', null],
    ['activeDeadlineSeconds', 30],
    ['parallelism', 0],
    ['backoffLimit', 20],
    ['ttlSecondsAfterFinished', 0],
  ])('the controller may not change %s to %j', async (field, value) => {
    const message = `no change of the Job's spec but suspend, got another ${field}$`;
    await expect(patch({ spec: { [field]: value } }, DRY.query)).rejects.toMatchObject(denied(message));
    // Only the policy denies it.
    await mergePatch(product.admin, path, { spec: { [field]: value } }, DRY.query);
  });

  test.each<[string, object]>([
    ['labels', { 'async-api.dev/run': null }],
    ['labels', { team: 'b' }],
    ['labels', { another: 'a' }],
    ['finalizers', [TEST_FINALIZER, 'async-api.dev/another']],
    ['finalizers', []],
    ['ownerReferences', []],
    ['note', { note: 'b' }],
    ['note', { note: null }],
    ['another', { another: 'a' }],
  ])('the controller may not change its %s: %j', async (field, value) => {
    const key = field in OTHERS || field === 'ownerReferences' ? field : 'annotations';
    const message = `no change of the Job's metadata but the annotation async-api.dev/stop, got another ${field}$`;
    await expect(patch({ metadata: { [key]: value } }, DRY.query)).rejects.toMatchObject(denied(message));
    await mergePatch(product.admin, path, { metadata: { [key]: value } }, DRY.query);
  });

  test('the controller may not resume it, nor replace all that it does not send', async () => {
    await expect(patch({ spec: { suspend: false } }, DRY.query)).rejects.toMatchObject(denied('no Job to be resumed'));
    const all = { labels: null, annotations: null, finalizers: null };
    await expect(patch({ metadata: all }, DRY.query)).rejects.toMatchObject(denied('got another (\\w+, ){2}note$'));
  });

  test('the controller may stop it, whatever metadata others have given it', async () => {
    await mergePatch(product.admin, path, { spec: { suspend: false } });
    const stop = (cause: string) =>
      patch({ metadata: { annotations: { 'async-api.dev/stop': cause } }, spec: { suspend: true } });
    await stop('{}');
    const { metadata, spec } = await stop('{"reason":"Cancelled"}');
    expect(spec).toMatchObject({ suspend: true });
    expect(metadata.annotations).toEqual({ note: 'a', 'async-api.dev/stop': '{"reason":"Cancelled"}' });
    expect(metadata.labels).toEqual(before.labels);
  });
});

test('the policy does not bind other accounts with the right to create Jobs', async () => {
  await create({ ...volume({ emptyDir: {} }), metadata: { name: 'by-hand' } }, product.admin);
});
