import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { GroupRun, JobDefinition } from '../../contract/group-run.ts';
import { buildJob } from '../../controller/decide/job.ts';
import type { KubeClient } from '../../kube/client.ts';
import { definition, ID, run } from '../support/builders.ts';
import { eventually } from '../support/eventually.ts';
import { Product } from '../support/harness.ts';
import { mergePatch } from '../support/merge-patch.ts';

let product: Product;
let controller: KubeClient;
/** Admitted and validated, but not stored. */
const DRY = { query: { dryRun: 'All' } };
const IMAGE = 'docker.io/async-api/job-image:test';

type Job = ReturnType<typeof buildJob>;
type Container = Job['spec']['template']['spec']['containers'][0];
const create = (body: object, client = controller) => client.request<Job>('POST', product.jobsPath(), { ...DRY, body });

beforeAll(async () => {
  product = await Product.install();
  controller = await product.as('async-api-controller');
  // The API server compiles a policy some time after it is stored.
  await eventually(
    'the policy to be in force',
    () =>
      create(withPod({ priorityClassName: 'system-node-critical' })).then(
        () => undefined,
        (error) => (/ValidatingAdmissionPolicy/.test(error.message) ? true : undefined),
      ),
    60_000,
  );
}, 120_000);
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
        env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'b', key: 'c' } } }],
        resources: { limits: { cpu: '2', memory: '1Gi' } },
      },
    } as Partial<JobDefinition>),
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
const volume = (source: object) => withPod({ volumes: [{ name: 'one', ...source }] });

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
  ['a deadline of a year', withSpec({ activeDeadlineSeconds: 31_536_000 }), /deadline/],
  ['no deadline of its pods', withPod({ activeDeadlineSeconds: undefined }), /deadline/],
  ['many pods at a time', withSpec({ parallelism: 50, completions: 50 }), /one pod at a time/],
  ['endless attempts', withSpec({ backoffLimit: 1_000_000 }), /further attempts/],
  ['two containers', withPod({ containers: [container(), { ...container(), name: 'b' }] }), /one container/],
  ['an init container', withPod({ initContainers: [{ ...container(), name: 'b' }] }), /one container/],
  ['a folder of the node', volume({ hostPath: { path: '/' } }), /volumes/],
  ['a secret as a file', volume({ secret: { secretName: 'a' } }), /volumes/],
  ['a token as a file', volume({ projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } }), /volumes/],
  ['the token of its account', withPod({ automountServiceAccountToken: true }), /service account/],
  ["the controller's account", withPod({ serviceAccountName: 'async-api-controller' }), /service account/],
  ['the secret of a registry', withPod({ imagePullSecrets: [{ name: 'a' }] }), /service account/],
  [
    'a secret as a variable',
    withContainer({ env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'a', key: 'b' } } }] }),
    /variables/,
  ],
  ['a secret as variables', withContainer({ envFrom: [{ secretRef: { name: 'a' } }] }), /variables/],
  ['a node of its choice', withPod({ nodeName: 'control-plane' }), /of the host/],
  ['the network of the node', withPod({ hostNetwork: true }), /of the host/],
  ['the processes of the node', withPod({ hostPID: true }), /of the host/],
  ['the IPC of the node', withPod({ hostIPC: true }), /of the host/],
  ['a port of the node', withContainer({ ports: [{ containerPort: 80, hostPort: 80 }] }), /of the host/],
  ['a priority above the quota', withPod({ priorityClassName: 'async-api' }), /priority class/],
  ['the user root', podRights({ runAsUser: 0, runAsNonRoot: false }), /other than root/],
  ['root for its container', withRights({ runAsUser: 0, runAsNonRoot: false }), /without privileges/],
  ['no seccomp profile', podRights({ seccompProfile: { type: 'Unconfined' } }), /seccomp/],
  ['privilege escalation', withRights({ allowPrivilegeEscalation: true }), /without privileges/],
  ['a writable root file system', withRights({ readOnlyRootFilesystem: false }), /without privileges/],
  ['capabilities', withRights({ capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] } }), /without privileges/],
  ['the capabilities of the runtime', withRights({ capabilities: {} }), /without privileges/],
  ['no limits', withContainer({ resources: {} }), /limits/],
])('the controller may not create a Job with %s', async (_what, job, message) => {
  const refusal = expect(create(job)).rejects;
  await refusal.toMatchObject({ code: 403, message: expect.stringMatching(message) });
});

test('the controller may suspend its Job and set its time to live, but not remove its labels or its deadline', async () => {
  const body = { ...run(), metadata: { name: run().metadata.name } };
  // The garbage collector deletes a Job whose owner does not exist.
  const { metadata } = await product.admin.request<GroupRun>('POST', product.runsPath(), { body });
  const job = buildJob({ ...run(), metadata }, 1, IMAGE);
  await controller.request('POST', product.jobsPath(), { body: { ...job, spec: { ...job.spec, suspend: true } } });
  const path = product.jobsPath(job.metadata.name);
  const patch = (body: object) => mergePatch(controller, path, body);
  await patch({ metadata: { annotations: { 'async-api.dev/stop': '{}' } }, spec: { ttlSecondsAfterFinished: 60 } });
  await expect(patch({ metadata: { labels: { 'async-api.dev/run': null } } })).rejects.toThrow(/labels/);
  await expect(patch({ spec: { activeDeadlineSeconds: null } })).rejects.toThrow(/deadline/);
});

test('the policy does not bind other accounts with the right to create Jobs', async () => {
  await create({ ...volume({ emptyDir: {} }), metadata: { name: 'by-hand' } }, product.admin);
});
