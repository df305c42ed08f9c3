import { join } from 'node:path';
import { createClient } from '../../kube/client.ts';
import { eventually } from '../support/eventually.ts';
import { ADMIN, Product } from '../support/harness.ts';
import { kubectl as runKubectl } from '../support/kubectl.ts';

const NAMESPACE = 'async-api';
const OVERLAY = join(import.meta.dirname, '../../manifests/overlays/local');
const DEPLOYMENTS = ['deployment/async-api', 'deployment/async-api-controller'];
/** Each of the two replicas is replaced after a new one is ready, on a busy machine. */
const ROLLOUT = '--timeout=180s';

/** The output of kubectl, as the administrator, in the product's namespace. */
export const kubectl = async (...args: string[]): Promise<string> => (await runKubectl(['-n', NAMESPACE, ...args])).out;

export const apply = () => kubectl('apply', '-k', OVERLAY);
export const remove = () => kubectl('delete', '-k', OVERLAY, '--timeout=120s');

/** Resolves when both Deployments run the latest revision and the old pods are gone. */
export async function rolledOut(): Promise<void> {
  for (const name of DEPLOYMENTS) await kubectl('rollout', 'status', name, ROLLOUT);
  await eventually(
    'two pods of each Deployment and no other',
    async () => {
      const pods = await kubectl('get', 'pods', '-l', 'app.kubernetes.io/name=async-api', '-o', 'name');
      return pods.trim().split('\n').length === 4 || undefined;
    },
    90_000,
  );
}

export async function restart(): Promise<void> {
  await kubectl('rollout', 'restart', ...DEPLOYMENTS);
  await rolledOut();
}

/** The deployed product, through its Service and through the ingress controller. Waits until the API answers. */
export async function deployed(): Promise<{ service: Product; ingress: Product }> {
  const address = await kubectl(
    'get',
    'service',
    'async-api',
    '-o',
    'jsonpath={.spec.clusterIP}:{.spec.ports[0].port}',
  );
  const through = async (url: string) => {
    const product = new Product(NAMESPACE, await createClient(ADMIN), '');
    product.url = url;
    return product;
  };
  const ingress = await through(process.env.TEST_INGRESS_URL!);
  // The ingress controller learns of a ready replica some time later.
  await eventually('an answer of the API', async () => (await fetch(`${ingress.url}/groups`)).ok || undefined, 120_000);
  return { service: await through(`http://${address}`), ingress };
}

/** The names of all objects in the cluster except Events and Leases, which come and go by themselves. */
export async function everything(): Promise<string[]> {
  const kinds = (await kubectl('api-resources', '--verbs=list', '-o', 'name')).trim().split('\n');
  const stable = kinds.filter((kind) => !/^(events|leases)\b/.test(kind));
  const names = await kubectl('get', stable.join(','), '--all-namespaces', '--no-headers', '-o', NAMES);
  return names.trim().split('\n').toSorted();
}

const NAMES = 'custom-columns=KIND:.kind,NAMESPACE:.metadata.namespace,NAME:.metadata.name';
