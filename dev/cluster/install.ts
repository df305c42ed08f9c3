import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { parse, parseAllDocuments } from 'yaml';
import { paths } from '../../contract/paths.ts';
import { createClient, type KubeClient } from '../../kube/client.ts';
import type { Cluster } from './embedded.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { poll } from './poll.ts';

const CORE = join(import.meta.dirname, '../../manifests/core');
/** What jobs may refer to, as shipped: manifests/core has the policy that reads it. */
export const BOUNDS_FILE = join(import.meta.dirname, '../../resources/bounds.yaml');
const AUTH_DELEGATOR = join(import.meta.dirname, '../../manifests/overlays/production/auth-delegator.yaml');
export const NAMESPACE = 'async-api';
/** A month, longer than any `npm start` runs. An embedded cluster's tokens become invalid with its keys. */
const TOKEN_SECONDS = 30 * 24 * 3600;

/** The API server compiles a new CRD before it serves its objects. */
const SERVED_MS = 20_000;

/** The fields of every manifest. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; annotations?: Record<string, string> };
}

/** The object, moved from the manifests' namespace into this one. */
export function inNamespace<T extends Manifest>(object: T, namespace: string): T {
  const named = JSON.stringify(object).replaceAll(`"namespace":"${NAMESPACE}"`, `"namespace":"${namespace}"`);
  const moved = JSON.parse(named) as T;
  if (moved.kind === 'Namespace') moved.metadata.name = namespace;
  return moved;
}

/** The objects of manifests/core, in `namespace`. */
async function manifests(namespace: string): Promise<Manifest[]> {
  const { resources } = parse(await readFile(join(CORE, 'kustomization.yaml'), 'utf8')) as { resources: string[] };
  const files = await Promise.all(resources.map((resource) => manifestsIn(join(CORE, resource), namespace)));
  return files.flat();
}

const manifestsIn = async (file: string, namespace: string): Promise<Manifest[]> =>
  parseAllDocuments(await readFile(file, 'utf8')).map((document) =>
    inNamespace(document.toJS() as Manifest, namespace),
  );

/** Gives the namespace the annotations of that file, as kustomize does. */
async function addBounds(objects: Manifest[], file: string): Promise<void> {
  const { metadata } = parse(await readFile(file, 'utf8')) as Manifest;
  const namespace = objects.find(({ kind }) => kind === 'Namespace')!;
  namespace.metadata = { ...namespace.metadata, annotations: metadata.annotations ?? {} };
}

/** The path of an object at the API server. All kinds in manifests/core have regular plurals. */
function objectPath({ apiVersion, kind, metadata }: Manifest): string {
  const api = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const scope = metadata.namespace ? `/namespaces/${metadata.namespace}` : '';
  const plural = `${kind.toLowerCase().replace(/y$/, 'ie')}s`;
  return `${api}${scope}/${plural}/${metadata.name}`;
}

/**
 * Applies manifests/core and the bounds by server-side apply, and waits until the API server serves GroupRuns. `withAuth` adds the
 * rights that AUTH=kubernetes needs.
 */
export async function installManifests(
  cluster: Pick<Cluster, 'kubeconfig' | 'context'>,
  namespace: string,
  { withAuth = false, boundsFile = BOUNDS_FILE } = {},
): Promise<void> {
  const objects = await manifests(namespace);
  await addBounds(objects, boundsFile);
  if (withAuth) objects.push(...(await manifestsIn(AUTH_DELEGATOR, namespace)));
  const client = await createClient(cluster);
  try {
    // The client library's serializer drops the x-kubernetes-* fields of a CRD, so this sends them itself.
    for (const object of objects) {
      await client.request('PATCH', objectPath(object), {
        body: object,
        contentType: 'application/apply-patch+yaml',
        query: { fieldManager: 'async-api', force: true },
      });
    }
    let failure: unknown;
    const isServed = () =>
      client.request('GET', paths(namespace).runs, { query: { limit: 1 } }).then(
        () => true,
        (error) => {
          failure = error;
        },
      );
    if (!(await poll(isServed, { deadlineMs: SERVED_MS }))) throw failure;
  } finally {
    await client.close();
  }
}

/** Writes a kubeconfig with a token of that service account, so that the same RBAC applies as in a pod. */
export async function accountKubeconfig(
  cluster: Pick<Cluster, 'kubeconfig' | 'context'>,
  namespace: string,
  account: string,
  path: string,
): Promise<void> {
  const config = new KubeConfig();
  config.loadFromFile(cluster.kubeconfig);
  if (cluster.context) config.setCurrentContext(cluster.context);
  const { server, caData, caFile } = config.getCurrentCluster()!;
  const ca = caData ? Buffer.from(caData, 'base64').toString() : caFile ? await readFile(caFile, 'utf8') : '';
  const client = await createClient(cluster);
  try {
    await writeKubeconfig(path, server, ca, { token: await accountToken(client, namespace, account) });
  } finally {
    await client.close();
  }
}

/** A token of that service account. */
export async function accountToken(client: KubeClient, namespace: string, account: string): Promise<string> {
  const body = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: TOKEN_SECONDS },
  };
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`;
  return (await client.request<{ status: { token: string } }>('POST', path, { body })).status.token;
}
