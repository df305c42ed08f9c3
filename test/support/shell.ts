import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { parse, stringify } from 'yaml';
import { ROOT } from './doc-blocks.ts';
import { ADMIN, type Product } from './harness.ts';

const TIMEOUT_MS = 110_000;

/** Runs a program, by default in the repository's root, and returns what it prints; rejects where it fails. */
export async function run(
  program: string,
  args: string[],
  env: Record<string, string> = {},
  { cwd = ROOT, timeout = TIMEOUT_MS } = {},
): Promise<string> {
  const options = { cwd, timeout, env: { ...process.env, ...env } };
  return (await promisify(execFile)(program, args, options)).stdout;
}

/** Runs a script in bash, which stops at the first command that fails. */
export const shell = (
  script: string,
  env?: Record<string, string>,
  place?: { cwd?: string; timeout?: number },
): Promise<string> => run('bash', ['-euo', 'pipefail', '-c', script], env, place);

/** An environment in which kubectl fits the test cluster and is for the product's namespace. */
export async function kubectlEnvironment({
  namespace,
  folder,
}: Pick<Product, 'namespace' | 'folder'>): Promise<Record<string, string>> {
  const config = parse(await readFile(ADMIN.kubeconfig, 'utf8'));
  for (const { context } of config.contexts) context.namespace = namespace;
  const KUBECONFIG = join(folder, 'kubectl.kubeconfig');
  await writeFile(KUBECONFIG, stringify(config));
  const kubectl = process.env.TEST_KUBECTL ?? '';
  const PATH = [...(isAbsolute(kubectl) ? [dirname(kubectl)] : []), process.env.PATH].join(delimiter);
  return { KUBECONFIG, PATH };
}
