import { parseCatalog } from '../../api/catalog/catalog.ts';
import type { GroupRun } from '../../contract/group-run.ts';
import { buildJob } from '../../controller/decide/job.ts';
import { ALL_BOUNDS } from './all-bounds.ts';
import { run } from './builders.ts';
import { eventually } from './eventually.ts';
import type { Product } from './harness.ts';
import { kubectl, toInput } from './kubectl.ts';
import { finalStatus, idOf, trigger } from './rest.ts';

/** A container in the image of simulated work that prints the value of a JavaScript expression. */
export const printing = (expression: string) => ({
  command: ['node', '-p', `const fs = require('node:fs'); JSON.stringify(${expression})`],
});

/** Expressions: the text of a file, and the code of the error of a call. */
export const TEXT = (file: string) => `fs.readFileSync('${file}', 'utf8')`;
export const ERROR_OF = (call: string) => `(() => { try { ${call} } catch ({ code }) { return code } })()`;

/** Mounts each of these volumes under its name. */
export const mounts = (...names: string[]) => names.map((name) => ({ name, mountPath: `/${name}` }));

/** What the container of a job printed as JSON. Rejects if the job did not succeed. */
export async function printed(product: Product, path: string): Promise<unknown> {
  const status = await finalStatus(product, path, 90_000);
  const log = await (await fetch(`${product.url}${path}/logs`)).text();
  if (status.state !== 'SUCCESS') throw new Error(`Expected SUCCESS, got ${JSON.stringify(status)}\n${log}`);
  return JSON.parse(log);
}

/** What the jobs of a new run of the group printed, in their order. */
export const outputs = async (product: Product, group: string): Promise<unknown[]> =>
  Promise.all((await trigger(product, group)).map((path) => printed(product, path)));

/** A pod as the API server returns it, its further fields without types. */
export interface RealPod {
  metadata: { name: string; deletionTimestamp?: string; deletionGracePeriodSeconds?: number };
  // biome-ignore lint/suspicious/noExplicitAny: a test that reads an absent field fails
  spec: any;
  status: {
    phase: string;
    containerStatuses?: { state: { running?: object; terminated?: { message?: string } } }[];
  };
}

/** The first pod of a job, once it is as wanted. */
export const realPod = (product: Product, path: string, isWanted: (pod: RealPod) => boolean = () => true) =>
  eventually(
    `such a pod of ${path}`,
    async () => {
      const query = { labelSelector: `batch.kubernetes.io/job-name=${idOf(path)}` };
      const { items } = await product.admin.request<{ items: RealPod[] }>('GET', product.podsPath(), { query });
      return items.find(isWanted);
    },
    60_000,
  );

/** Creates objects, by default in the product's namespace, as an administrator. Returns what deletes them. */
export async function createObjects(product: Product, objects: object[]): Promise<() => Promise<void>> {
  const input = toInput(objects);
  const namespace = ['--namespace', product.namespace];
  await kubectl([...namespace, 'apply', '-f', '-'], { input });
  return async () => {
    await kubectl([...namespace, 'delete', '--ignore-not-found', '--wait=false', '-f', '-'], { input });
  };
}

/** Starts the API and the controller with these groups, once the policy on Jobs allows each of their jobs. */
export async function startWithin(product: Product, bounds: Record<string, string>, config: string): Promise<void> {
  const boundsFile = await product.setBounds(bounds);
  const controller = await product.as('async-api-controller');
  for (const { jobs } of parseCatalog(config, ALL_BOUNDS).values()) {
    for (const job of jobs) {
      const one = run([job]);
      const body = buildJob(one as GroupRun, 1, 'example/job');
      await eventually(`the Job ${job.name} within the bounds`, () =>
        controller.request('POST', product.jobsPath(), { query: { dryRun: 'All' }, body }).catch((error) => {
          if (error.code !== 403) throw error;
        }),
      );
    }
  }
  await controller.close();
  const file = await product.writeText(config);
  await Promise.all([product.startApi(file, { BOUNDS_FILE: boundsFile }), product.startController()]);
}
