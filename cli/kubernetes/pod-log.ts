import { keptOutput } from '../../api/views/log-view.ts';
import { ApiError } from '../../client/http.ts';
import { pause } from '../../client/pause.ts';
import type { LogOptions } from '../../client/read-log.ts';
import { isTerminal, type JobStatus } from '../../contract/group-run.ts';
import { JOB_CONTAINER } from '../../contract/labels.ts';
import { paths } from '../../contract/paths.ts';
import { ApiError as KubeError } from '../../kube/api-error.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { PodLogs } from '../../kube/pod-logs.ts';
import { toServiceError } from './errors.ts';

interface Pod {
  metadata: { name: string; creationTimestamp: string };
  status?: { containerStatuses?: { name: string; state?: { running?: object; terminated?: object } }[] };
}

const POLL_MS = 1_000;

interface Source {
  client: Pick<KubeClient, 'request'>;
  logs: PodLogs;
  namespace: string;
  /** The job's status as it is now. */
  status(): Promise<JobStatus>;
}

/** The log of a job's last pod; with `follow` those of all its pods, until the job is over. As the REST service gives it. */
export async function* podLog(
  source: Source,
  jobId: string,
  { follow = false, tail, onCut }: LogOptions,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const read = new Set<string>();
  for (;;) {
    // Before the pods: if the job is over, their list is complete.
    const job = await source.status();
    const pods = await startedPods(source, jobId);
    for (const pod of (follow ? pods : pods.slice(-1)).filter((name) => !read.has(name))) {
      const text = await openLog(source, pod, follow, tail, signal);
      if (!text) continue;
      read.add(pod);
      const decoder = new TextDecoder();
      for await (const chunk of text) yield decoder.decode(chunk, { stream: true });
    }
    if (follow && !isTerminal(job.state)) {
      await pause(POLL_MS, signal);
      signal.throwIfAborted();
      continue;
    }
    if (read.size > 0) return;
    const kept = keptOutput(job, tail);
    if (kept === undefined && isTerminal(job.state))
      throw new ApiError(410, { detail: 'The pods of this job have gone, and nothing was kept of their log.' });
    onCut?.('kept');
    yield kept ?? '';
    return;
  }
}

/** Oldest first. */
async function startedPods({ client, namespace }: Source, jobId: string): Promise<string[]> {
  const query = { labelSelector: `batch.kubernetes.io/job-name=${jobId}` };
  try {
    const { items } = await client.request<{ items: Pod[] }>('GET', paths(namespace).pods, { query });
    return items
      .filter(({ status }) => {
        const state = status?.containerStatuses?.find(({ name }) => name === JOB_CONTAINER)?.state;
        return state?.running ?? state?.terminated;
      })
      .toSorted((a, b) => a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp))
      .map(({ metadata }) => metadata.name);
  } catch (error) {
    throw toServiceError(error, `list pods in namespace ${namespace}`);
  }
}

/** Undefined if the pod or its log is gone. */
async function openLog(
  { logs, namespace }: Source,
  pod: string,
  follow: boolean,
  tailLines: number | undefined,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  try {
    return await logs.read(pod, { container: JOB_CONTAINER, follow, tailLines, signal });
  } catch (error) {
    if (error instanceof KubeError && (error.code === 404 || error.code === 400)) return undefined;
    throw toServiceError(error, `get pods/log in namespace ${namespace}`);
  }
}
