import { toRunId } from '../../contract/ids.ts';
import { eventually } from './eventually.ts';
import type { Product } from './harness.ts';

type Service = Pick<Product, 'url'>;

/** Triggers a group over REST and returns the status paths of its jobs. */
export async function trigger(product: Service, group: string): Promise<string[]> {
  const response = await fetch(`${product.url}/group/${group}`, { method: 'POST' });
  if (response.status !== 202) throw new Error(`Expected 202, got ${response.status}: ${await response.text()}`);
  return statusPaths(response);
}

/** The status paths that the answer to a trigger or a rerun lists. */
export const statusPaths = async (response: Response): Promise<string[]> =>
  ((await response.json()) as Record<string, string[]>)['Check job status at']!;

/** The id of the job that a status path names. */
export const idOf = (path: string): string => path.slice('/status/'.length);

/** The id of that job's run. */
export const runOf = (path: string): string => toRunId(idOf(path));

export type Status = {
  state: string;
  task_id: string;
  reason?: string;
  message?: string;
  exitCode?: number;
  result?: unknown;
};

/** What a status path answers now. */
export const statusOf = async (product: Service, path: string): Promise<Status> =>
  (await (await fetch(product.url + path)).json()) as Status;

/** The first status that has a reason. */
export const statusWithReason = (product: Service, path: string): Promise<Status> =>
  eventually(`a reason at ${path}`, async () => {
    const status = await statusOf(product, path);
    return status.reason ? status : undefined;
  });

/** The status of a job that is over. */
export const finalStatus = (product: Service, path: string, deadlineMs = 45_000): Promise<Status> =>
  eventually(
    `a final state of ${path}`,
    async () => {
      const status = await statusOf(product, path);
      return ['SUCCESS', 'FAILURE', 'REVOKED'].includes(status.state) ? status : undefined;
    },
    deadlineMs,
  );

/** Resolves when this replica's cache has a run of that group. */
export const cached = (product: Service, group: string): Promise<unknown> =>
  eventually(`a run of ${group} in the cache`, async () => {
    const response = await fetch(`${product.url}/runs?group=${group}`);
    // 503 until the first list of a new replica is complete.
    if (response.status === 503) return undefined;
    return ((await response.json()) as { runs: unknown[] }).runs[0];
  });
