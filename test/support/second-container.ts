import type { Product } from './harness.ts';

const PATH = '/apis/admissionregistration.k8s.io/v1';
const SECURITY = `Object.spec.containers.securityContext{
  allowPrivilegeEscalation: false,
  capabilities: Object.spec.containers.securityContext.capabilities{drop: ["ALL"]}
}`;

/**
 * Applies a policy that gives each new pod of a group a container `a-proxy`, which sleeps for ten minutes, as an admission
 * plugin of a service mesh would. It comes before `job` in the pod and in its status. A policy takes effect a moment after it
 * was stored. The returned function deletes it.
 */
export async function addSecondContainer(product: Product, group: string): Promise<() => Promise<void>> {
  const name = `second-container-${product.namespace}`;
  const image = process.env.TEST_JOB_IMAGE;
  const container = `Object.spec.containers{
    name: "a-proxy", image: "${image}", args: ["sleep", "--seconds=600"], securityContext: ${SECURITY}
  }`;
  const expression = `[JSONPatch{op: "add", path: "/spec/containers/0", value: ${container}}]`;
  const policy = {
    failurePolicy: 'Fail',
    reinvocationPolicy: 'Never',
    matchConstraints: {
      // A deleted policy stays in effect for a moment, so it must not select the pods of other tests.
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': product.namespace } },
      objectSelector: { matchLabels: { 'async-api.dev/group': group } },
      resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
    },
    mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression } }],
  };
  const objects = [
    { kind: 'MutatingAdmissionPolicy', plural: 'mutatingadmissionpolicies', spec: policy },
    { kind: 'MutatingAdmissionPolicyBinding', plural: 'mutatingadmissionpolicybindings', spec: { policyName: name } },
  ];
  for (const { kind, plural, spec } of objects) {
    const body = { apiVersion: 'admissionregistration.k8s.io/v1', kind, metadata: { name }, spec };
    await product.admin.request('POST', `${PATH}/${plural}`, { body });
  }
  return async () => {
    for (const { plural } of objects) await product.admin.request('DELETE', `${PATH}/${plural}/${name}`);
  };
}
