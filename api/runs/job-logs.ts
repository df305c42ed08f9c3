import { JOB_CONTAINER, MANAGED_SELECTOR } from '../../contract/labels.ts';
import { paths } from '../../contract/paths.ts';
import { ApiError } from '../../kube/api-error.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { LogOptions, PodLogs } from '../../kube/pod-logs.ts';
import { ServiceUnavailable } from '../http/http-error.ts';
import { callKube } from './kube-call.ts';

/** Finds and reads the logs of a job's pods. */
export interface JobLogs {
  /** Names of the job's pods whose container has started, oldest first. Throws ServiceUnavailable. */
  pods(jobId: string): Promise<string[]>;
  /** A pod's log as a stream; undefined if the pod is gone or has not started. Throws ServiceUnavailable. */
  read(pod: string, options: Omit<LogOptions, 'container'>): Promise<AsyncIterable<Uint8Array> | undefined>;
}

interface PodList {
  items: {
    metadata: { name: string; creationTimestamp: string };
    status?: { containerStatuses?: ContainerStatus[] };
  }[];
}

interface ContainerStatus {
  name: string;
  state?: { running?: object; terminated?: object };
}

const RETRY_AFTER_SECONDS = 2;

/** JobLogs that finds pods by label and reads their logs from the API server. */
export function kubernetesJobLogs(client: Pick<KubeClient, 'request'>, logs: PodLogs, namespace: string): JobLogs {
  return {
    async pods(jobId) {
      const query = { labelSelector: `${MANAGED_SELECTOR},batch.kubernetes.io/job-name=${jobId}` };
      const { items } = await callKube<PodList>(client, 'GET', paths(namespace).pods, { query });
      return items
        .filter(({ status }) => status?.containerStatuses?.some(isStartedJob))
        .toSorted((a, b) => (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1))
        .map(({ metadata }) => metadata.name);
    },
    async read(pod, options) {
      try {
        return await logs.read(pod, { ...options, container: JOB_CONTAINER });
      } catch (error) {
        // 400: the container has not started, or its node no longer has the log.
        if (error instanceof ApiError && (error.code === 404 || error.code === 400)) return undefined;
        if (options.signal.aborted) return undefined;
        throw new ServiceUnavailable(RETRY_AFTER_SECONDS, error);
      }
    },
  };
}

/** The pod may have other containers, which come first if their names do: the kubelet sorts by name. */
const isStartedJob = ({ name, state }: ContainerStatus): boolean =>
  name === JOB_CONTAINER && (state?.running ?? state?.terminated) !== undefined;
