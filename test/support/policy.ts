import { buildJob } from '../../controller/decide/job.ts';
import type { ApiError } from '../../kube/api-error.ts';
import { run } from './builders.ts';
import { eventually } from './eventually.ts';
import type { Product } from './harness.ts';

const PATIENCE_MS = 180_000;

/**
 * Creates a Validating- or MutatingAdmissionPolicy with a binding, for the objects of one group in the product's namespace. Returns
 * what deletes both. A policy acts for a moment after its deletion, and is in force only some time after its creation.
 */
export async function createPolicy(
  { admin, namespace }: Product,
  kind: 'Validating' | 'Mutating',
  group: string,
  rule: { apiGroups: string[]; resources: string[] },
  spec: object,
): Promise<() => Promise<void>> {
  const name = `${namespace}-${group}`;
  const path = `/apis/admissionregistration.k8s.io/v1/${kind.toLowerCase()}admissionpolic`;
  const matchConstraints = {
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
    objectSelector: { matchLabels: { 'async-api.dev/group': group } },
    resourceRules: [{ apiVersions: ['v1'], operations: ['CREATE'], ...rule }],
  };
  const post = (plural: string, body: object) =>
    admin.request('POST', path + plural, { body: { metadata: { name }, ...body } });
  await post('ies', { spec: { failurePolicy: 'Fail', matchConstraints, ...spec } });
  await post('ybindings', {
    spec: { policyName: name, ...(kind === 'Validating' && { validationActions: ['Deny'] }) },
  });
  return async () => {
    for (const plural of ['ybindings', 'ies']) await admin.request('DELETE', `${path}${plural}/${name}`);
  };
}

/**
 * Waits until a policy denies the call with such a message, and returns the error. The API server compiles a policy some time after
 * it is stored. The call must be one that may succeed, such as a dry run.
 */
export const denialOf = (call: () => Promise<unknown>, message: RegExp): Promise<ApiError> =>
  eventually(
    `a denial like ${message}`,
    () =>
      call().then(
        () => undefined,
        (error: ApiError) => (message.test(error.message) ? error : undefined),
      ),
    PATIENCE_MS,
  );

/** A new pod as the API server returns it. */
interface Pod {
  spec: { containers: { name: string }[]; volumes?: { name: string }[] };
}

/**
 * Creates a policy that changes the new pods of a group, and waits until `isChanged` is true for one. Returns what deletes the policy.
 */
export async function changePods(
  product: Product,
  group: string,
  mutation: object,
  isChanged: (pod: Pod) => boolean,
): Promise<() => Promise<void>> {
  const rule = { apiGroups: [''], resources: ['pods'] };
  const spec = { reinvocationPolicy: 'Never', mutations: [mutation] };
  const remove = await createPolicy(product, 'Mutating', group, rule, spec);
  const template = buildJob(run(), 1, 'none').spec.template;
  const body = { metadata: { name: 'dry', labels: { 'async-api.dev/group': group } }, spec: template.spec };
  await eventually(
    'the policy to be in force',
    async () => {
      const pod = await product.admin.request<Pod>('POST', product.podsPath(), { query: { dryRun: 'All' }, body });
      return isChanged(pod) || undefined;
    },
    PATIENCE_MS,
  );
  return remove;
}

const SECURITY = `Object.spec.containers.securityContext{
  allowPrivilegeEscalation: false,
  capabilities: Object.spec.containers.securityContext.capabilities{drop: ["ALL"]}
}`;

/**
 * Gives each new pod of a group a container `a-proxy` that sleeps for ten minutes, as the admission plugin of a service mesh would.
 * It comes before `job` in the pod and in its status. Returns what ends that.
 */
export const addSecondContainer = (product: Product, group: string): Promise<() => Promise<void>> =>
  addContainers(product, group, ['a-proxy'], 600);

/** Gives each new pod of a group containers of these names that sleep for so many seconds. Returns what ends that. */
export function addContainers(
  product: Product,
  group: string,
  names: string[],
  seconds: number,
): Promise<() => Promise<void>> {
  const patches = names.map(
    (name) => `JSONPatch{op: "add", path: "/spec/containers/0", value: Object.spec.containers{
      name: "${name}", image: "${process.env.TEST_JOB_IMAGE}", args: ["sleep", "--seconds=${seconds}"], securityContext: ${SECURITY}
    }}`,
  );
  const mutation = { patchType: 'JSONPatch', jsonPatch: { expression: `[${patches.join(', ')}]` } };
  return changePods(product, group, mutation, ({ spec }) => spec.containers.length === names.length + 1);
}
