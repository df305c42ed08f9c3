import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { Manifest } from '../../dev/cluster/install.ts';

const MANIFESTS = join(import.meta.dirname, '../../manifests');

/** Runs the kubectl that fits the test cluster, as its administrator where no other kubeconfig is named. Rejects with what it said. */
export function kubectl(
  args: string[],
  { input = '', kubeconfig = process.env.TEST_KUBECONFIG ?? '' } = {},
): Promise<{ out: string; err: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.env.TEST_KUBECTL ?? 'kubectl', ['--kubeconfig', kubeconfig, ...args]);
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve({ out, err });
      else reject(new Error(`kubectl ${args.join(' ')} ended with ${code}\n${err}`));
    });
    child.stdin.end(input);
  });
}

/** A manifest with whatever else it has. */
// biome-ignore lint/suspicious/noExplicitAny: tests read what they expect, and fail where it is not there
export type AnyManifest = Manifest & Record<string, any>;

/** The objects that `kubectl apply -k` would apply from a folder of manifests/. */
export async function kustomize(folder: string): Promise<AnyManifest[]> {
  const { out } = await kubectl(['kustomize', join(MANIFESTS, folder)]);
  return parseAllDocuments(out).map((document) => document.toJS());
}

/** As kubectl reads several objects: in JSON, since it takes YAML 1.1, where an unquoted `off` is a boolean. */
export const toInput = (items: object[]): string => JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
