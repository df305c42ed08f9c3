import type { GroupRun, JobStatus } from '../../contract/group-run.ts';
import type { JobDefinition } from '../../contract/job-definition.ts';
import { nothingObserved, type ObservedJob, type ObservedRun } from '../../controller/decide/observed.ts';
import type { Event, Job, JobCondition, Pod, Terminated } from '../../controller/decide/types.ts';

/** Builders of small objects for tests of pure code, with ordinary defaults. */
export const RUN_ID = '78b9d1a2-3c4d-4e5f-8a6b-000000000000';
export const ID = '78b9d1a2-3c4d-4e5f-8a6b-000000000001';
export const NOW = new Date('2026-11-24T12:00:00.000Z');

export const definition = (fields: Partial<JobDefinition> = {}): JobDefinition => ({
  name: 'job_a1',
  sleep: { seconds: 5 },
  activeDeadlineSeconds: 300,
  pendingDeadlineSeconds: 120,
  backoffLimit: 0,
  ...fields,
});

export const run = (jobs: JobDefinition[] = [definition()], statuses?: JobStatus[]): GroupRun => ({
  apiVersion: 'async-api.dev/v1alpha1',
  kind: 'GroupRun',
  metadata: {
    name: RUN_ID,
    namespace: 'async-api',
    uid: 'run-uid',
    resourceVersion: '1',
    generation: 1,
    creationTimestamp: '2026-11-24T11:00:00Z',
  },
  spec: { group: 'group_a', jobs },
  ...(statuses ? { status: { state: 'PENDING', jobs: statuses } } : {}),
});

export const job = (condition?: Partial<JobCondition> & { type: string }, failed = 0): Job => ({
  metadata: {
    name: ID,
    uid: 'job-uid',
    resourceVersion: '2',
    ownerReferences: [{ kind: 'GroupRun', uid: 'run-uid', controller: true }],
  },
  status: {
    failed,
    conditions: condition ? [{ status: 'True', lastTransitionTime: '2026-11-24T11:30:00Z', ...condition }] : [],
  },
});

/** 11:`minute`, and these seconds. */
const at = (minute: number, seconds: string): string => `2026-11-24T11:${String(minute).padStart(2, '0')}:${seconds}Z`;

const pod = (status: NonNullable<Pod['status']>, minute = 0): Pod => ({
  metadata: {
    name: `${ID}-${minute}`,
    uid: `pod-${minute}`,
    resourceVersion: '3',
    creationTimestamp: at(minute, '00'),
  },
  status,
});

export const runningPod = (minute = 0): Pod =>
  pod(
    {
      phase: 'Running',
      containerStatuses: [{ name: 'job', state: { running: { startedAt: at(minute, '05') } } }],
    },
    minute,
  );

export const waitingPod = (reason: string, message = 'why', minute = 0): Pod =>
  pod({ phase: 'Pending', containerStatuses: [{ name: 'job', state: { waiting: { reason, message } } }] }, minute);

export const unschedulablePod = (): Pod =>
  pod({
    phase: 'Pending',
    conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/1 nodes' }],
  });

/** A pod whose container failed; created at 11:`minute`, started 5 s later. */
export const failedPod = (ended: Partial<Terminated> = {}, minute = 0): Pod =>
  pod(
    {
      phase: 'Failed',
      containerStatuses: [
        {
          name: 'job',
          state: {
            terminated: {
              exitCode: 3,
              reason: 'Error',
              startedAt: at(minute, '05'),
              finishedAt: '2026-11-24T11:20:00Z',
              ...ended,
            },
          },
        },
      ],
    },
    minute,
  );

/** A pod whose container failed, but whose phase is still Running until the kubelet has cleaned up. */
export const endingPod = (): Pod => {
  const one = failedPod();
  one.status!.phase = 'Running';
  return one;
};

export const evictedPod = (): Pod => pod({ phase: 'Failed', reason: 'Evicted', message: 'The node was low on memory' });

/** A pod on an unreachable node: the node controller marked it not Ready; its container is reported as running. */
export const unreachablePod = (deletionTimestamp?: string): Pod => {
  const one = runningPod();
  one.spec = { nodeName: 'node-1' };
  one.status!.conditions = [{ type: 'Ready', status: 'False' }];
  if (deletionTimestamp) one.metadata.deletionTimestamp = deletionTimestamp;
  return one;
};

/** A preempted pod. */
export const disruptedPod = (message?: string): Pod => {
  const one = failedPod({ exitCode: 143 });
  one.status!.conditions = [
    { type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler', ...(message ? { message } : {}) },
  ];
  return one;
};

/** A pod that met its own deadline: the kubelet killed its container and kept the pod. */
export const latePod = (minute = 0): Pod => {
  const one = failedPod({ exitCode: 143 }, minute);
  Object.assign(one.status!, { reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than …' });
  return one;
};

/** This pod as its deletion was last seen; requested at 11:19:30 with the usual grace period. */
export const deletedPod = (one: Pod): Pod => ({
  ...one,
  metadata: { ...one.metadata, deletionTimestamp: '2026-11-24T11:20:00Z', deletionGracePeriodSeconds: 30 },
});

/** This pod with another container that runs, whose name sorts before the job's. */
export const withSidecar = (one: Pod): Pod => {
  const containers = one.status?.containerStatuses ?? [];
  const sidecar = { name: 'a-proxy', state: { running: { startedAt: '2026-11-24T10:59:00Z' } } };
  return { ...one, status: { ...one.status, phase: 'Running', containerStatuses: [sidecar, ...containers] } };
};

/** A pod whose container succeeded at 11:20; created at 11:`minute`. */
export const succeededPod = (ended: Partial<Terminated> = {}, minute = 0): Pod => {
  const one = failedPod({ exitCode: 0, reason: 'Completed', ...ended }, minute);
  return { ...one, status: { ...one.status, phase: 'Succeeded' } };
};

export const failedCreate = (at = '2026-11-24T11:30:00Z'): Event => ({
  metadata: { name: 'e', uid: 'e', resourceVersion: '4' },
  involvedObject: { name: ID, uid: 'job-uid' },
  message: 'exceeded quota: pods',
  lastTimestamp: at,
});

/** An Event that says why this pod cannot be set up. */
export const podEvent = (pod: Pod, fields: Partial<Event> = {}): Event => ({
  metadata: { name: 'e', uid: 'e', resourceVersion: '4' },
  involvedObject: { name: pod.metadata.name, uid: pod.metadata.uid },
  reason: 'FailedMount',
  message: 'configmap "missing" not found',
  lastTimestamp: '2026-11-24T11:30:00Z',
  ...fields,
});

/**
 * A Job that the controller stopped for this reason; `suspended` if the Job controller has set that condition. `counts` are the
 * pods that the Job controller still counts.
 */
export const stoppedJob = (
  reason: string,
  suspended: boolean,
  counts: { active?: number; terminating?: number } = {},
): Job => {
  const one = job(suspended ? { type: 'Suspended' } : undefined);
  one.metadata.annotations = { 'async-api.dev/stop': JSON.stringify({ reason }) };
  one.spec = { suspend: true };
  Object.assign(one.status!, counts);
  return one;
};

export const observed = (fields: Partial<ObservedJob> = {}): ObservedJob => ({
  definition: definition(),
  id: ID,
  previous: undefined,
  job: job(),
  pods: [],
  deletedPods: [],
  cancelled: false,
  needed: [],
  groupFailure: undefined,
  deleted: false,
  invalid: undefined,
  denied: undefined,
  failedCreate: undefined,
  podEvents: [],
  ...fields,
});

export const observedRun = (fields: Partial<ObservedRun> = {}): ObservedRun => ({
  ...nothingObserved(run([definition({ name: 'a' }), definition({ name: 'b' })])),
  ...fields,
});

export const stored = (state: JobStatus['state'], fields: Partial<JobStatus> = {}): JobStatus => ({
  name: 'job_a1',
  jobUID: 'job-uid',
  state,
  ...fields,
});
