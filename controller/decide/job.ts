import { API_GROUP, API_VERSION, type GroupRun, type JobDefinition, KIND } from '../../contract/group-run.ts';
import { jobId, runIdOf } from '../../contract/ids.ts';
import {
  GROUP_LABEL,
  JOB_LABEL,
  MANAGED_BY,
  MANAGER,
  RUN_LABEL,
  TRACEPARENT_ANNOTATION,
} from '../../contract/labels.ts';

const CONTAINER = 'job';
const RESOURCES = { requests: { cpu: '10m', memory: '32Mi' }, limits: { cpu: '500m', memory: '128Mi' } };

/**
 * The Job of the run's definition `index` (from 1): named by its id, owned by the run, with a deadline, in a pod that
 * meets the restricted Pod Security Standard. Sleep and log run in `jobImage`.
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
      activeDeadlineSeconds: definition.activeDeadlineSeconds,
      backoffLimit: definition.backoffLimit,
      // Replaced only when the failed pod is gone: two pods of one job never run at a time.
      podReplacementPolicy: 'Failed',
      // A node that is drained is not the job's fault.
      podFailurePolicy: {
        rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }],
      },
      template: { metadata: { labels }, spec: podSpec(definition, environment(run, definition, id), jobImage) },
    },
  };
}

/** The definition's variables, the run's parameters, and who this is; of one name the later one counts. */
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
  const all = [...(definition.container?.env ?? []), ...parameters, ...identity];
  return [...new Map(all.map((one) => [one.name, one])).values()];
}

/** The trace that the trigger was part of, as OpenTelemetry hands it to processes (W3C Trace Context, 3.2). */
const traceparentEnv = (traceparent = '') =>
  /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(traceparent)
    ? [{ name: 'TRACEPARENT', value: traceparent }]
    : [];

/** A caller's value as it is: the kubelet would put other variables where it says `$(NAME)` (dependent variables). */
const escapeDollarSigns = (value: string): string => value.replaceAll('$', () => '$$');

function podSpec(definition: JobDefinition, env: ReturnType<typeof environment>, jobImage: string) {
  const own = definition.container;
  return {
    restartPolicy: 'Never',
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
        name: CONTAINER,
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
        // The last lines of a failed job's log come with the pod's status.
        terminationMessagePolicy: 'FallbackToLogsOnError',
      },
    ],
  };
}

/** Where only a request or only a limit is given, it is both: a default must not contradict it. */
const resources = ({ requests, limits }: NonNullable<NonNullable<JobDefinition['container']>['resources']>) => ({
  requests: { ...RESOURCES.requests, ...limits, ...requests },
  limits: { ...RESOURCES.limits, ...requests, ...limits },
});

/** The job image's arguments, such as `sleep --seconds=5 --hang-probability=0.5`. */
function simulatedWork({ sleep, log }: JobDefinition): string[] {
  const flags = sleep ?? log ?? {};
  const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return [sleep ? 'sleep' : 'log', ...Object.entries(flags).map(([name, value]) => `--${kebab(name)}=${value}`)];
}
