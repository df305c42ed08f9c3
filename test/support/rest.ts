import { eventually } from './eventually.ts';
import type { Product } from './harness.ts';

/** Triggers a group over REST and returns the status paths of its jobs. */
export async function trigger(product: Pick<Product, 'url'>, group: string): Promise<string[]> {
  const response = await fetch(`${product.url}/group/${group}`, { method: 'POST' });
  if (response.status !== 202) throw new Error(`Expected 202, got ${response.status}: ${await response.text()}`);
  return ((await response.json()) as Record<string, string[]>)['Check job status at']!;
}

export type Status = { state: string; task_id: string; reason?: string; message?: string; exitCode?: number };

/** What /status says once the job is done. */
export const finalStatus = (product: Pick<Product, 'url'>, path: string, deadlineMs = 45_000): Promise<Status> =>
  eventually(
    `a final state of ${path}`,
    async () => {
      const status = (await (await fetch(product.url + path)).json()) as Status;
      return ['SUCCESS', 'FAILURE', 'REVOKED'].includes(status.state) ? status : undefined;
    },
    deadlineMs,
  );

/** Resolves once this replica's cache has a run of that group. */
export const cached = (product: Pick<Product, 'url'>, group: string): Promise<unknown> =>
  eventually(`a run of ${group} in the cache`, async () => {
    const { runs } = (await (await fetch(`${product.url}/runs?group=${group}`)).json()) as { runs: unknown[] };
    return runs[0];
  });
