import { inNamespace } from '../../dev/cluster/install.ts';
import type { Product } from './harness.ts';
import { kustomize } from './kubectl.ts';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';

/** A rule of a caller; with names, only for the groups of jobs of these names. */
export const onGroups = (verbs: string[], ...resourceNames: string[]) => ({
  apiGroups: ['async-api.dev'],
  resources: ['groups'],
  verbs,
  ...(resourceNames.length > 0 && { resourceNames }),
});

/** A rule of an operator, on the stored GroupRuns. */
export const onRuns = (verbs: string[]) => ({ apiGroups: ['async-api.dev'], resources: ['groupruns'], verbs });

/** Takes the role of a service account in the product's namespace away, which `accountToken` gives back. */
export const revokeRole = ({ namespace, admin }: Product, name: string): Promise<unknown> =>
  admin.request('DELETE', `${RBAC}/namespaces/${namespace}/rolebindings/${name}`);

/** A token of a service account in the product's namespace. Creates the account, with these rights, where they do not exist. */
export async function accountToken(
  { namespace, admin }: Product,
  name: string,
  rules: object[],
  audiences?: string[],
): Promise<string> {
  const post = (path: string, body: object) => admin.request<{ status: { token: string } }>('POST', path, { body });
  const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  await post(accounts, { metadata: { name } }).catch(() => {});
  await post(`${RBAC}/namespaces/${namespace}/roles`, { metadata: { name }, rules }).catch(() => {});
  const subjects = [{ kind: 'ServiceAccount', name, namespace }];
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name };
  await post(`${RBAC}/namespaces/${namespace}/rolebindings`, { metadata: { name }, subjects, roleRef }).catch(() => {});
  const spec = { expirationSeconds: 600, ...(audiences && { audiences }) };
  return (await post(`${accounts}/${name}/token`, { spec })).status.token;
}

/**
 * Lets the API's account create TokenReviews and SubjectAccessReviews, as overlays/production does for AUTH=kubernetes.
 * Returns a function that revokes it.
 */
export async function letApiAskWhoCalls({ namespace, admin }: Product): Promise<() => Promise<void>> {
  const bindings = `${RBAC}/clusterrolebindings`;
  const binding = (await kustomize('overlays/production')).find(({ kind }) => kind === 'ClusterRoleBinding')!;
  const metadata = { name: `async-api-auth-${namespace}` };
  await admin.request('POST', bindings, { body: { ...inNamespace(binding, namespace), metadata } });
  return () => admin.request('DELETE', `${bindings}/async-api-auth-${namespace}`);
}
