import type { Product } from './harness.ts';

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
