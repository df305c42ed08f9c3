import type { JobView } from '../../client/views.ts';

/** What each reason means to somebody who did not read docs/api.md. */
export const REASONS: Record<string, string> = {
  FailedCreate: 'The cluster does not let it be created',
  Unschedulable: 'No node has room for it',
  SchedulingGated: 'Something in the cluster holds it back',
  ErrImagePull: 'Its image cannot be pulled',
  ImagePullBackOff: 'Its image cannot be pulled',
  InvalidImageName: 'The name of its image is malformed',
  ErrImageNeverPull: 'The node lacks its image, and may not pull it',
  ImageInspectError: 'The node has a problem with its image',
  RegistryUnavailable: 'The registry of its image does not answer',
  SignatureValidationFailed: 'The node rejects the signature of its image',
  CreateContainerConfigError: 'Its configuration is wrong',
  CreateContainerError: 'Its container cannot be created',
  RunContainerError: 'Its container cannot be started',
  CreatePodSandboxError: 'The node cannot set up its pod',
  FailedCreatePodSandBox: 'The node cannot set up its pod',
  FailedPodSandBoxStatus: 'The node cannot set up its pod',
  NetworkNotReady: 'The network of the node is not ready',
  FailedMount: 'A volume cannot be mounted',
  FailedMapVolume: 'A volume cannot be mounted',
  FailedAttachVolume: 'A volume cannot be attached',
  FailedCreatePodContainer: 'The node cannot set up its pod',
  FailedPrepareDynamicResources: 'The node cannot prepare its devices',
  FailedSync: 'The node cannot set up its pod',
  Suspended: 'Somebody suspended its Job',
  Error: 'It ended with an error',
  OOMKilled: 'It needed more memory than its limit',
  StartError: 'Its command cannot be started',
  Evicted: 'Its node ran short of memory, disk or processes',
  PreemptionByScheduler: 'More important work took its place',
  DeletionByTaintManager: 'The cluster removed it from its node',
  EvictionByEvictionAPI: 'The cluster removed it from its node',
  TerminationByKubelet: 'Its node stopped it',
  DeletionByPodGC: 'The cluster removed its pod',
  DeadlineExceeded: 'It was not done within its deadline',
  PodFailurePolicy: 'It ended with an exit code after which it is not tried again',
  PodDeleted: 'Somebody deleted its pod',
  Failed: 'Its Job failed without a reason',
  JobInvalid: 'The cluster rejects its definition',
  SpecTooLarge: 'The run is too large',
  InvalidDefinition: 'Its definition is not valid',
  JobDeleted: 'Somebody deleted its Job',
  NodeLost: 'Its node does not respond',
  Cancelled: 'Cancelled',
  WaitsForJobs: 'Waits for other jobs',
  DependencyFailed: 'A job that it needs did not succeed',
  GroupFailed: 'Another job of the run failed',
};

/** Reasons whose message says all by itself. */
const TOLD_BY_MESSAGE = ['WaitsForJobs', 'DependencyFailed'];

/** Reasons whose exit code tells more. */
const SHOW_EXIT_CODE = ['Error', 'PodFailurePolicy'];

/** What troubles a job, in words; undefined where nothing does. Other reasons are the cluster's own words. */
export function troubleOf({
  reason,
  exitCode,
  message,
}: Pick<JobView, 'reason' | 'exitCode' | 'message'>): string | undefined {
  // A cancel has nothing to say beside the state.
  if (!reason || (reason === 'Cancelled' && !message)) return undefined;
  if (message && TOLD_BY_MESSAGE.includes(reason)) return firstLine(message);
  const words = REASONS[reason] ?? reason;
  const code = SHOW_EXIT_CODE.includes(reason) && exitCode !== undefined ? ` (exit code ${exitCode})` : '';
  const rest = message && message !== reason ? `: ${firstLine(message)}` : '';
  return `${words}${code}${rest}`;
}

const firstLine = (text: string): string => text.trim().split('\n', 1)[0]!;
