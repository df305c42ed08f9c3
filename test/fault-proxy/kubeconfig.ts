import { writeFile } from 'node:fs/promises';
import { KubeConfig } from '@kubernetes/client-node';
import { stringify } from 'yaml';
import type { Cluster } from '../../dev/cluster/embedded.ts';
import { accountKubeconfig } from '../../dev/cluster/install.ts';

/** The API server that a kubeconfig's current context names, and the CA that signed its certificate. */
export function endpoint(kubeconfig: string): { server: string; ca: Buffer } {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const { server, caData } = config.getCurrentCluster()!;
  return { server, ca: Buffer.from(caData ?? '', 'base64') };
}

/** Writes a kubeconfig with a token of that account whose server is the proxy at `url`. */
export async function throughProxy(
  cluster: Pick<Cluster, 'kubeconfig'>,
  namespace: string,
  account: string,
  url: string,
  file: string,
): Promise<void> {
  await accountKubeconfig(cluster, namespace, account, file);
  const config = new KubeConfig();
  config.loadFromFile(file);
  const { token } = config.getCurrentUser()!;
  const name = account;
  await writeFile(
    file,
    // The client library uses plain HTTP only with insecure-skip-tls-verify.
    stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': name,
      clusters: [{ name, cluster: { server: url, 'insecure-skip-tls-verify': true } }],
      users: [{ name, user: { token } }],
      contexts: [{ name, context: { cluster: name, user: name } }],
    }),
    { mode: 0o600 },
  );
}
