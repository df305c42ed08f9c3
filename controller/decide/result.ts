import type { JobStatus } from '../../contract/group-run.ts';
import { MAX_RESULT_BYTES } from '../../contract/job-definition.ts';
import { newestPod, terminated } from './pods.ts';
import type { Pod } from './types.ts';

/** The kubelet keeps so much of the termination messages of a pod, bytes; each container has an equal share of it. */
const POD_MESSAGES_BYTES = 12_288;

/** The pod with which a job succeeds. One that failed as a whole, such as by its deadline, may have exit code 0 as well. */
export const succeededPod = (pods: Pod[]): Pod | undefined =>
  newestPod(pods.filter((pod) => pod.status?.phase !== 'Failed' && terminated(pod)?.exitCode === 0));

/** The result of a job that succeeded: its termination message, whole or absent. */
export function resultOf(pods: Pod[]): Pick<JobStatus, 'result' | 'resultTooLarge'> {
  const pod = succeededPod(pods);
  const message = pod && terminated(pod)?.message;
  if (!message) return {};
  // A message of exactly the limit may have been cut.
  return Buffer.byteLength(message) < keptBytes(pod) ? { result: message } : { resultTooLarge: true };
}

/** How much the kubelet keeps of the termination message of one container, bytes. */
function keptBytes({
  status: { containerStatuses, initContainerStatuses, ephemeralContainerStatuses } = {},
}: Pod): number {
  const all = [containerStatuses, initContainerStatuses, ephemeralContainerStatuses].flatMap((some) => some ?? []);
  return Math.min(MAX_RESULT_BYTES, Math.floor(POD_MESSAGES_BYTES / all.length));
}
