import { MANAGED_SELECTOR } from '../../contract/labels.ts';
import { paths } from '../../contract/paths.ts';
import { ApiError } from '../../kube/api-error.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { LogOptions, PodLogs } from '../../kube/pod-logs.ts';
import { ServiceUnavailable } from '../http/http-error.ts';
import { callKube } from './kube-call.ts';

/** What the pods of a job have written. */
export interface JobLogs {
  /** The names of the job's pods that are there and have begun, in the order of their making. */
  pods(jobId: string): Promise<string[]>;
  /** What a pod has written, as it comes; undefined where it has gone or not begun. Throws ServiceUnavailable. */
  read(pod: string, options: LogOptions): Promise<AsyncIterable<Uint8Array> | undefined>;
}

interface PodList {
  items: {
    metadata: { name: string; creationTimestamp: string };
    status?: { containerStatuses?: { state?: { running?: object; terminated?: object } }[] };
  }[];
}

const RETRY_AFTER_SECONDS = 2;

export function kubernetesJobLogs(client: Pick<KubeClient, 'request'>, logs: PodLogs, namespace: string): JobLogs {
  return {
    async pods(jobId) {
      const query = { labelSelector: `${MANAGED_SELECTOR},batch.kubernetes.io/job-name=${jobId}` };
      const { items } = await callKube<PodList>(client, 'GET', paths(namespace).pods, { query });
      return items
        .filter(({ status }) => status?.containerStatuses?.some(({ state }) => state?.running ?? state?.terminated))
        .toSorted((a, b) => (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1))
        .map(({ metadata }) => metadata.name);
    },
    async read(pod, options) {
      try {
        return await logs.read(pod, options);
      } catch (error) {
        // 400: it has not begun, or its node has nothing of it any more.
        if (error instanceof ApiError && (error.code === 404 || error.code === 400)) return undefined;
        if (options.signal.aborted) return undefined;
        throw new ServiceUnavailable(RETRY_AFTER_SECONDS, error);
      }
    },
  };
}
