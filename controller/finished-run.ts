import { type GroupRun, isTerminal, type JobState, type ObjectMeta } from '../contract/group-run.ts';
import { needsOf } from '../contract/needs.ts';
import { Packed } from '../process/packed.ts';
import { transformRun } from './decide/transform.ts';

/** A finished run in the cache. */
export interface FinishedRun {
  metadata: Pick<ObjectMeta, 'name' | 'uid' | 'resourceVersion' | 'generation' | 'deletionTimestamp'>;
  spec: { group: string; parallelism?: undefined; jobs: { length: number } };
  status: { state: JobState };
  /** RFC 3339. */
  endedAt: string;
  /** What it counts towards RUN_RETENTION_JOBS. */
  size: number;
  /** What the clean-up of its Jobs and pods reads: neither the work of its definitions nor parameters, messages and results. */
  packed: Packed<GroupRun>;
}

export type CachedRun = GroupRun | FinishedRun;

export const isFinished = (run: CachedRun): run is FinishedRun => 'packed' in run;

/** The run; without the work of its definitions if it is finished, because no Job is made of it any more. */
export const unpackedRun = (run: CachedRun): GroupRun => (isFinished(run) ? run.packed.unpack() : run);

/** A run takes so much in a cache, however few jobs it has. */
const MIN_SIZE = 5;
const BYTES_PER_JOB = 1024;

/** What the cache keeps of a stored run. Most runs are finished: these are packed. */
export function cachedRun(received: GroupRun): CachedRun {
  const run = transformRun(received);
  const { metadata, spec, status, apiVersion, kind } = run;
  if (!status || !isTerminal(status.state)) return run;
  const { name, uid, resourceVersion, generation, creationTimestamp, deletionTimestamp } = metadata;
  const kept = {
    name,
    uid,
    resourceVersion,
    ...(generation === undefined ? {} : { generation }),
    ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
  };
  const jobs = spec.jobs.map(
    ({ name, activeDeadlineSeconds, pendingDeadlineSeconds, backoffLimit, failOnExitCodes, ignoreExitCodes }) => ({
      name,
      activeDeadlineSeconds,
      pendingDeadlineSeconds,
      backoffLimit,
      ...(failOnExitCodes && { failOnExitCodes }),
      ...(ignoreExitCodes && { ignoreExitCodes }),
    }),
  );
  const { conditions, ...statuses } = status;
  return {
    metadata: kept,
    spec: { group: spec.group, jobs: { length: jobs.length } },
    status: { state: status.state },
    endedAt: status.finishedAt ?? creationTimestamp,
    size: sizeOf(received),
    packed: new Packed<GroupRun>({
      apiVersion,
      kind,
      metadata: { ...kept, creationTimestamp },
      spec: { group: spec.group, jobs },
      status: statuses,
    }),
  };
}

/** In jobs: a KiB of what the caches of the API keep of a run counts as one. */
function sizeOf({ metadata, spec, status }: GroupRun): number {
  const needs = spec.jobs.flatMap(needsOf);
  const characters = JSON.stringify([spec.parameters, metadata.annotations, status?.jobs, needs]).length;
  return Math.max(MIN_SIZE, spec.jobs.length, Math.ceil(characters / BYTES_PER_JOB));
}
