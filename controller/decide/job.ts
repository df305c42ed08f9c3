import { API_GROUP, API_VERSION, type GroupRun, type JobDefinition, KIND } from '../../contract/group-run.ts';
import { jobId, runIdOf } from '../../contract/ids.ts';
import {
  GROUP_LABEL,
  JOB_CONTAINER,
  JOB_LABEL,
  MANAGED_BY,
  MANAGER,
  RUN_LABEL,
  TRACEPARENT_ANNOTATION,
} from '../../contract/labels.ts';

/**
 * How much later the Job's deadline is than that of its pods, seconds. A Job that meets its deadline deletes its pods, and with
 * them the log; a pod that meets its own stays. So the pod's must come first, start and termination grace period included.
 */
export const JOB_DEADLINE_GRACE_SECONDS = 30;

const RESOURCES = { requests: { cpu: '10m', memory: '32Mi' }, limits: { cpu: '500m', memory: '128Mi' } };

/**
 * The Job of definition `index` (from 1): its name is the job id, its owner the run; it has a deadline, and its pod meets the
 * restricted Pod Security Standard. Simulated work (sleep, log) runs in `jobImage`. Throws RangeError.
 */
export function buildJob(run: GroupRun, index: number, jobImage: string) {
  const definition = run.spec.jobs[index - 1];
  if (!definition) throw new RangeError(`Expected a job index from 1 to ${run.spec.jobs.length}, got ${index}`);
  const runId = runIdOf(run.metadata);
  const id = jobId(runId, index);
  const labels = {
    [MANAGED_BY]: MANAGER,
    [GROUP_LABEL]: run.spec.group,
    [JOB_LABEL]: definition.name,
    [RUN_LABEL]: runId,
  };
  const owner = {
    apiVersion: `${API_GROUP}/${API_VERSION}`,
    kind: KIND,
    name: run.metadata.name,
    uid: run.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: id, labels, ownerReferences: [owner] },
    spec: {
      activeDeadlineSeconds: definition.activeDeadlineSeconds + JOB_DEADLINE_GRACE_SECONDS,
      backoffLimit: definition.backoffLimit,
      // Create the next pod only after the previous one has ended: two pods of a job never run at the same time.
      podReplacementPolicy: 'Failed',
      // A disruption, such as draining a node, does not count against backoffLimit.
      podFailurePolicy: {
        rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }],
      },
      template: { metadata: { labels }, spec: podSpec(definition, environment(run, definition, id), jobImage) },
    },
  };
}

/**
 * The run's parameters and the job's identity, then the variables of the definition, which can refer to those before them as
 * `$(NAME)`. A definition cannot override the others, nor a parameter the identity.
 */
function environment(run: GroupRun, definition: JobDefinition, id: string) {
  const parameters = Object.entries(run.spec.parameters ?? {}).map(([name, value]) => ({
    name,
    value: escapeDollarSigns(value),
  }));
  const identity = [
    { name: 'ASYNC_API_JOB_ID', value: id },
    { name: 'ASYNC_API_RUN_ID', value: runIdOf(run.metadata) },
    { name: 'ASYNC_API_GROUP', value: run.spec.group },
    ...traceparentEnv(run.metadata.annotations?.[TRACEPARENT_ANNOTATION]),
  ];
  const given = new Map([...parameters, ...identity].map((variable) => [variable.name, variable]));
  return [...given.values(), ...(definition.container?.env ?? []).filter(({ name }) => !given.has(name))];
}

/** Passes the trace context of the trigger to the process, as OpenTelemetry does (W3C Trace Context, 3.2). */
const traceparentEnv = (traceparent = '') =>
  /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(traceparent)
    ? [{ name: 'TRACEPARENT', value: traceparent }]
    : [];

/** The kubelet would expand `$(NAME)` in a caller's value (dependent environment variables). */
const escapeDollarSigns = (value: string): string => value.replaceAll('$', () => '$$');

function podSpec(definition: JobDefinition, env: ReturnType<typeof environment>, jobImage: string) {
  const own = definition.container;
  return {
    restartPolicy: 'Never',
    activeDeadlineSeconds: definition.activeDeadlineSeconds,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 10,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 65532,
      runAsGroup: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [
      {
        name: JOB_CONTAINER,
        image: own?.image ?? jobImage,
        imagePullPolicy: 'IfNotPresent',
        ...(own ? { command: own.command, args: own.args } : { args: simulatedWork(definition) }),
        env,
        resources: resources(own?.resources ?? {}),
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
        // Puts the last log lines of a failed container into the pod's status.
        terminationMessagePolicy: 'FallbackToLogsOnError',
      },
    ],
  };
}

/** A request without a limit also sets the limit, and vice versa: a default limit could be lower than the request. */
const resources = ({ requests, limits }: NonNullable<NonNullable<JobDefinition['container']>['resources']>) => ({
  requests: { ...RESOURCES.requests, ...limits, ...requests },
  limits: { ...RESOURCES.limits, ...requests, ...limits },
});

/** Arguments for the job image, such as `sleep --seconds=5 --hang-probability=0.5`. */
function simulatedWork({ sleep, log }: JobDefinition): string[] {
  const flags = sleep ?? log ?? {};
  const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return [sleep ? 'sleep' : 'log', ...Object.entries(flags).map(([name, value]) => `--${kebab(name)}=${value}`)];
}
