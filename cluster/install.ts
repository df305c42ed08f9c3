import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KubeConfig, type KubernetesObject, KubernetesObjectApi, PatchStrategy } from '@kubernetes/client-node';
import { parse, parseAllDocuments } from 'yaml';
import { createClient, type KubeClient } from '../kube/client.ts';
import { API_GROUP, API_VERSION, PLURAL } from '../kube/group-run.ts';
import type { Cluster } from './embedded.ts';
import { writeKubeconfig } from './kubeconfig.ts';

const BASE = join(import.meta.dirname, '../manifests/base');
export const NAMESPACE = 'async-api';
/** A month: longer than any `npm start`, and the cluster's keys die with it. */
const TOKEN_SECONDS = 30 * 24 * 3600;

/** The objects of manifests/base, put into `namespace` instead of the one the files name. */
async function manifests(namespace: string): Promise<KubernetesObject[]> {
  const { resources } = parse(await readFile(join(BASE, 'kustomization.yaml'), 'utf8')) as { resources: string[] };
  const objects: KubernetesObject[] = [];
  for (const resource of resources) {
    for (const document of parseAllDocuments(await readFile(join(BASE, resource), 'utf8'))) {
      const text = JSON.stringify(document.toJS()).replaceAll(
        `"namespace":"${NAMESPACE}"`,
        `"namespace":"${namespace}"`,
      );
      const object = JSON.parse(text) as KubernetesObject;
      if (object.kind === 'Namespace') object.metadata!.name = namespace;
      objects.push(object);
    }
  }
  return objects;
}

/** Applies manifests/base by server-side apply and waits until the API server serves GroupRuns. */
export async function installManifests(
  cluster: Pick<Cluster, 'kubeconfig' | 'context'>,
  namespace: string,
): Promise<void> {
  const config = new KubeConfig();
  config.loadFromFile(cluster.kubeconfig);
  if (cluster.context) config.setCurrentContext(cluster.context);
  const api = KubernetesObjectApi.makeApiClient(config);
  for (const object of await manifests(namespace)) {
    await api.patch(object, undefined, undefined, 'async-api', true, PatchStrategy.ServerSideApply);
  }
  const client = await createClient(cluster);
  try {
    const path = `/apis/${API_GROUP}/${API_VERSION}/namespaces/${namespace}/${PLURAL}`;
    for (let tries = 0; ; tries++) {
      try {
        await client.request('GET', path, { query: { limit: 1 } });
        return;
      } catch (error) {
        if (tries > 100) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  } finally {
    await client.close();
  }
}

/** Writes a kubeconfig with a token of that service account alone, so that RBAC holds as it does in a pod. */
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

async function accountToken(client: KubeClient, namespace: string, account: string): Promise<string> {
  const body = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: TOKEN_SECONDS },
  };
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`;
  return (await client.request<{ status: { token: string } }>('POST', path, { body })).status.token;
}
