import { readFile, writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';

/** The credential of a kubeconfig's user: paths of a client certificate and its key, or a token. */
export type Credential = { certificate: string; key: string } | { token: string };

/** Writes a kubeconfig that refers to no other file and is readable by its owner only. */
export async function writeKubeconfig(file: string, server: string, ca: string, credential: Credential): Promise<void> {
  const base64 = async (path: string) => (await readFile(path)).toString('base64');
  const user =
    'token' in credential
      ? { token: credential.token }
      : {
          'client-certificate-data': await base64(credential.certificate),
          'client-key-data': await base64(credential.key),
        };
  const cluster = { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'async-api',
    clusters: [{ name: 'async-api', cluster }],
    users: [{ name: 'async-api', user }],
    contexts: [{ name: 'async-api', context: { cluster: 'async-api', user: 'async-api', namespace: 'async-api' } }],
  };
  await writeFile(file, stringify(config), { mode: 0o600 });
}
