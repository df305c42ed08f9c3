import type { GroupRun, JobStatus } from '../../contract/group-run.ts';
import { newRunId } from '../../contract/ids.ts';
import { definition } from '../support/builders.ts';

export interface SampleJob
  extends Partial<Omit<JobStatus, 'startedAt' | 'finishedAt' | 'pendingSince' | 'podCreatedAt'>> {
  name: string;
  state: JobStatus['state'];
  needs?: string[];
  /** Seconds after the creation of the run, as the next ones. */
  podAt?: number;
  startedAfter?: number;
  finishedAfter?: number;
  pendingAfter?: number;
}

const timeOf = (seconds: number): string => new Date(Math.round(seconds) * 1000).toISOString().replace('.000', '');

/** A stored run that was created this many seconds ago. */
export function sampleRun(
  group: string,
  age: number,
  jobs: readonly SampleJob[],
  parameters: Record<string, string> = {},
  now = Date.now() / 1000,
): GroupRun {
  const created = now - age;
  const at = (seconds: number | undefined) => (seconds === undefined ? undefined : timeOf(created + seconds));
  const statuses = jobs.map(({ podAt, startedAfter, finishedAfter, pendingAfter, needs: _, ...job }) => {
    const times = {
      podCreatedAt: at(podAt),
      startedAt: at(startedAfter),
      finishedAt: at(finishedAfter),
      pendingSince: at(pendingAfter),
    };
    return { ...job, ...Object.fromEntries(Object.entries(times).filter(([, time]) => time)) } as JobStatus;
  });
  const count = (state: JobStatus['state']) => jobs.filter((job) => job.state === state).length;
  const isOver = count('PENDING') + count('STARTED') + count('RETRY') === 0;
  const end = count('FAILURE') > 0 ? 'FAILURE' : count('REVOKED') > 0 ? 'REVOKED' : 'SUCCESS';
  return {
    apiVersion: 'async-api.dev/v1alpha1',
    kind: 'GroupRun',
    metadata: { name: newRunId(), uid: newRunId(), resourceVersion: '1', creationTimestamp: timeOf(created) },
    spec: {
      group,
      jobs: jobs.map(({ name, needs }) => definition({ name, ...(needs && { needs }) })),
      ...(Object.keys(parameters).length > 0 && { parameters }),
    },
    status: {
      state: isOver ? end : count('PENDING') === jobs.length ? 'PENDING' : 'STARTED',
      startedAt: timeOf(created + 1),
      ...(isOver && { finishedAt: timeOf(created + Math.max(...jobs.map((job) => job.finishedAfter ?? 0))) }),
      counts: {
        pending: count('PENDING'),
        started: count('STARTED'),
        retry: count('RETRY'),
        success: count('SUCCESS'),
        failure: count('FAILURE'),
        revoked: count('REVOKED'),
      },
      jobs: statuses,
    },
  };
}
