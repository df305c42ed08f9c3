import { runSummary, runView, storedStatusAt } from '../../api/views/run-view.ts';
import type { Calls, RunsFilter } from '../../client/calls.ts';
import type { Follower } from '../../client/follow.ts';
import type { LogOptions } from '../../client/read-log.ts';
import type { Cancelled, Me, RunList, RunView } from '../../client/views.ts';
import { parseJobId, toRunId } from '../../contract/ids.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { PodLogs } from '../../kube/pod-logs.ts';
import { usageError } from '../exit.ts';
import type { Service } from '../service.ts';
import { toServiceError } from './errors.ts';
import { followRun, followRuns } from './follow-runs.ts';
import { podLog } from './pod-log.ts';
import { StoredRuns } from './stored-runs.ts';

/** The service over the Kubernetes API, with the caller's rights there. What only the service knows goes by `proxy`. */
export class KubeService implements Service {
  readonly #client: KubeClient;
  readonly #logs: PodLogs;
  readonly #namespace: string;
  readonly #runs: StoredRuns;
  readonly groups: Calls['groups'];
  readonly dryRun: Calls['dryRun'];
  readonly trigger: Calls['trigger'];
  readonly rerun: Calls['rerun'];

  constructor(client: KubeClient, logs: PodLogs, proxy: Calls, namespace: string) {
    this.#client = client;
    this.#logs = logs;
    this.#namespace = namespace;
    this.#runs = new StoredRuns(client, namespace);
    ({ groups: this.groups, dryRun: this.dryRun, trigger: this.trigger, rerun: this.rerun } = proxy);
  }

  /** Rights on the objects, which are the same for all groups that have runs. */
  me = async (): Promise<Me> => {
    const review = await this.#ask<{ status: { userInfo: { username: string } } }>(
      '/apis/authentication.k8s.io/v1/selfsubjectreviews',
      { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
    );
    const [see, cancel, trigger] = await Promise.all([
      this.#may('list', 'async-api.dev', 'groupruns'),
      this.#may('patch', 'async-api.dev', 'groupruns'),
      this.#may('create', '', 'services', 'proxy'),
    ]);
    const seen = see ? (await this.#runs.list()).items : [];
    const names = [...new Set(seen.map(({ spec }) => spec.group))].toSorted();
    return { name: review.status.userInfo.username, groups: names.map((name) => ({ name, trigger, see, cancel })) };
  };

  /** `continue` is the number of runs before. */
  runs = async ({ group, state, limit = 50, continue: before = '0' }: RunsFilter): Promise<RunList> => {
    const { items } = await this.#runs.list();
    const all = items
      .map(runSummary)
      .filter((one) => (!group || one.group === group) && (!state || one.state === state))
      .toSorted((a, b) => b.createdAt.localeCompare(a.createdAt) || b.id.localeCompare(a.id));
    const end = Number(before) + limit;
    return { runs: all.slice(Number(before), end), ...(end < all.length && { continue: String(end) }) };
  };

  run = async (id: string): Promise<RunView> => runView(await this.#runs.get(id));

  cancelRun = async (id: string): Promise<Cancelled> => {
    const { metadata } = await this.#runs.get(id);
    return { id, state: runSummary(await this.#runs.patch(metadata.name, { cancel: true })).state };
  };

  cancelJob = async (id: string): Promise<Cancelled> => {
    const { run, index } = await this.#job(id);
    const { name } = run.spec.jobs[index]!;
    const cancelled = await this.#runs.patch(run.metadata.name, { cancelJobs: { [name]: true } });
    return { id, state: storedStatusAt(cancelled, index).state };
  };

  followRun(id: string, follower: Follower, signal: AbortSignal): Promise<void> {
    return followRun(this.#runs, id, follower, signal);
  }

  followRuns(filter: RunsFilter, follower: Follower, signal: AbortSignal): Promise<void> {
    return followRuns(this.#runs, filter, follower, signal);
  }

  log(id: string, options: LogOptions, signal: AbortSignal): AsyncGenerator<string> {
    const status = async () => {
      const { run, index } = await this.#job(id);
      return storedStatusAt(run, index);
    };
    return podLog({ client: this.#client, logs: this.#logs, namespace: this.#namespace, status }, id, options, signal);
  }

  async #job(id: string) {
    const run = await this.#runs.get(toRunId(id));
    const index = (parseJobId(id)?.index ?? 0) - 1;
    if (!run.spec.jobs[index]) throw usageError(`Run ${toRunId(id)} has ${run.spec.jobs.length} jobs, not ${id}.`);
    return { run, index };
  }

  async #may(verb: string, group: string, resource: string, subresource?: string): Promise<boolean> {
    const resourceAttributes = {
      namespace: this.#namespace,
      verb,
      group,
      resource,
      ...(subresource && { subresource }),
    };
    const { status } = await this.#ask<{ status: { allowed: boolean } }>(
      '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } },
    );
    return status.allowed;
  }

  async #ask<T>(path: string, body: object): Promise<T> {
    try {
      return await this.#client.request<T>('POST', path, { body, idempotent: true });
    } catch (error) {
      throw toServiceError(error, 'ask for your own rights');
    }
  }
}
