import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { Manifest } from '../../dev/cluster/install.ts';

const MANIFESTS = join(import.meta.dirname, '../../manifests');

/** Runs the test cluster's kubectl, by default as its administrator. Rejects with what it wrote to stderr. */
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

/** A manifest, its further fields without types. */
// biome-ignore lint/suspicious/noExplicitAny: a test that reads an absent field fails
export type AnyManifest = Manifest & Record<string, any>;

/** The objects of a folder, by its path from manifests/, as `kubectl apply -k` applies them. */
export async function kustomize(folder: string): Promise<AnyManifest[]> {
  const { out } = await kubectl(['kustomize', resolve(MANIFESTS, folder)]);
  return parseAllDocuments(out).map((document) => document.toJS());
}

/** Objects as input for kubectl. In JSON: kubectl reads YAML 1.1, where an unquoted `off` is a boolean. */
export const toInput = (items: object[]): string => JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
