import { JOB_CONTAINER, MANAGED_SELECTOR, RUN_LABEL } from '../../contract/labels.ts';
import { paths } from '../../contract/paths.ts';
import { ApiError } from '../../kube/api-error.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { LogOptions, PodLogs } from '../../kube/pod-logs.ts';
import { ServiceUnavailable } from '../http/http-error.ts';
import { callKube } from './kube-call.ts';
import { SharedQuestions } from './shared-questions.ts';

/** A pod of a job, whose container has started. */
export interface JobPod {
  name: string;
  /** When the container started, in whole seconds, as milliseconds since the epoch; 0 if unknown. */
  startedAt: number;
}

export interface JobLog {
  text: AsyncIterable<Uint8Array>;
  /** Whole seconds from the start of the container to the first line that its node still has; undefined if there is no line. */
  firstLineAfter?: number | undefined;
}

/** Finds and reads the logs of a job's pods. */
export interface JobLogs {
  /** The job's pods whose container has started, oldest first. Throws ServiceUnavailable. */
  pods(jobId: string): Promise<JobPod[]>;
  /** As `pods`, for those who ask again and again: they share one question a second for each run, and wait for it. */
  sharedPods(jobId: string): Promise<JobPod[]>;
  /** A pod's log as a stream; undefined if the pod or its log is gone, or the pod has not started. Throws ServiceUnavailable. */
  read(pod: JobPod, options: Pick<LogOptions, 'follow' | 'tailLines' | 'signal'>): Promise<JobLog | undefined>;
}

interface Pod {
  metadata: { name: string; creationTimestamp: string; labels?: Record<string, string> };
  status?: { containerStatuses?: ContainerStatus[] };
}

interface ContainerStatus {
  name: string;
  state?: { running?: Started; terminated?: Started };
}

interface Started {
  startedAt?: string | null;
}

const JOB_NAME_LABEL = 'batch.kubernetes.io/job-name';
const RETRY_AFTER_SECONDS = 2;

/** JobLogs that finds pods by label and reads their logs from the API server. */
export function kubernetesJobLogs(client: Pick<KubeClient, 'request'>, logs: PodLogs, namespace: string): JobLogs {
  const list = async (label: string, value: string): Promise<Pod[]> => {
    const query = { labelSelector: `${MANAGED_SELECTOR},${label}=${value}` };
    return (await callKube<{ items: Pod[] }>(client, 'GET', paths(namespace).pods, { query })).items;
  };
  const shared = new SharedQuestions(async (runId, jobIds) => {
    const [only] = jobIds;
    // A run may have a thousand pods, and most runs have one follower.
    const pods = jobIds.size === 1 ? await list(JOB_NAME_LABEL, only!) : await list(RUN_LABEL, runId);
    return Map.groupBy(pods, ({ metadata }) => metadata.labels?.[JOB_NAME_LABEL]);
  });
  return {
    pods: async (jobId) => startedPods(await list(JOB_NAME_LABEL, jobId)),
    sharedPods: async (jobId) => startedPods((await shared.get(jobId)).get(jobId) ?? []),
    async read({ name, startedAt }, options) {
      const container = JOB_CONTAINER;
      try {
        const beginning = await firstBytes(logs, name, { container, follow: false, signal: options.signal });
        const firstLineAt = DATED_LINE.exec(beginning)?.[1];
        // The kubelet answers 200 and a sentence if it has lost the log. Only lines of the container begin with a time.
        if (beginning !== '' && firstLineAt === undefined) return undefined;
        const text = await logs.read(name, { ...options, container });
        if (firstLineAt === undefined || startedAt === 0) return { text };
        return { text, firstLineAfter: Math.floor((Date.parse(firstLineAt) - startedAt) / 1000) };
      } catch (error) {
        // 400: the container has not started, or its node no longer has the log.
        if (error instanceof ApiError && (error.code === 404 || error.code === 400)) return undefined;
        if (options.signal.aborted) return undefined;
        throw new ServiceUnavailable(RETRY_AFTER_SECONDS, error);
      }
    },
  };
}

/** Such as `2026-11-25T13:21:24.854670588Z text`. */
const DATED_LINE = /^(\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)) /;
/** Enough for the time of a line. */
const FIRST_BYTES = 64;

async function firstBytes(logs: PodLogs, pod: string, options: LogOptions): Promise<string> {
  let text = '';
  const stream = await logs.read(pod, { ...options, timestamps: true, limitBytes: FIRST_BYTES });
  for await (const chunk of stream) text += Buffer.from(chunk).toString('latin1');
  return text;
}

/** Oldest first. Two pods of one job can be of the same second. */
function startedPods(pods: Pod[]): JobPod[] {
  return pods
    .flatMap(({ metadata, status }) => {
      // The pod may have other containers, which come first if their names do: the kubelet sorts by name.
      const state = status?.containerStatuses?.find(({ name }) => name === JOB_CONTAINER)?.state;
      const started = state?.running ?? state?.terminated;
      const startedAt = Date.parse(started?.startedAt ?? '') || 0;
      return started ? { name: metadata.name, createdAt: Date.parse(metadata.creationTimestamp), startedAt } : [];
    })
    .toSorted((a, b) => a.createdAt - b.createdAt || a.startedAt - b.startedAt || (a.name < b.name ? -1 : 1))
    .map(({ name, startedAt }) => ({ name, startedAt }));
}
