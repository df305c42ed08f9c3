import { isDeepStrictEqual } from 'node:util';
import { LRUCache } from 'lru-cache';
import { type GroupRun, isTerminal, type JobStatus } from '../../contract/group-run.ts';
import type { JobDefinition } from '../../contract/job-definition.ts';
import { ACCEPTED_AT_ANNOTATION, ALLOW_ANNOTATION, REQUEST_ANNOTATION } from '../../contract/labels.ts';
import { needsOf } from '../../contract/needs.ts';
import type { JobStatuses, RunRecord } from '../../contract/run-record.ts';
import { Packed } from '../../process/packed.ts';

/** Read by this API. */
const ANNOTATIONS = [REQUEST_ANNOTATION, ALLOW_ANNOTATION, ACCEPTED_AT_ANNOTATION];
/** Of the runs that were read last: callers ask about one job after the other. At most 0.7 MB each. */
const MAX_UNPACKED = 20;
/** Groups whose names are shared. */
const MAX_SHARED = 1000;

const unpacked = new LRUCache<PackedJobs, JobStatus[]>({ max: MAX_UNPACKED });

/** The statuses of the jobs of a finished run, as one text. */
class PackedJobs implements JobStatuses {
  readonly length: number;
  readonly #jobs: Packed<JobStatus[]>;

  constructor(jobs: JobStatus[]) {
    this.length = jobs.length;
    this.#jobs = new Packed(jobs);
  }

  at(index: number): JobStatus | undefined {
    const known = unpacked.get(this);
    if (known) return known[index];
    const jobs = this.#jobs.unpack();
    unpacked.set(this, jobs);
    return jobs[index];
  }
}

/** Keeps of a stored run what the API reads. Most runs are finished: these lose their definitions, and their jobs are packed. */
export class RunTransform {
  /** Texts that many runs of a group have, by themselves: `allow` may be large. */
  readonly #texts = new LRUCache<string, string>({ max: MAX_SHARED });
  /** The names and the order of the jobs of the last finished run, by group. */
  readonly #jobs = new LRUCache<string, RunRecord['spec']['jobs']>({ max: MAX_SHARED });

  transform(run: GroupRun): RunRecord {
    const { metadata, spec, status } = run;
    if (!status || !isTerminal(status.state)) return { ...run, metadata: withoutManagedFields(metadata) };
    const { name, uid, resourceVersion, creationTimestamp, annotations = {} } = metadata;
    const { parameters, parallelism, onFailure, rerunOf, cancel } = spec;
    const { state, startedAt, finishedAt, counts, conditions, jobs } = status;
    const kept = ANNOTATIONS.flatMap((key) => {
      const value = annotations[key];
      return value === undefined ? [] : [[key, key === ALLOW_ANNOTATION ? this.#text(value) : value]];
    });
    return {
      metadata: { name, uid, resourceVersion, creationTimestamp, annotations: Object.fromEntries(kept) },
      spec: {
        group: this.#text(spec.group),
        jobs: this.#jobsOf(spec.group, spec.jobs),
        ...(parameters && { parameters }),
        ...(parallelism && { parallelism }),
        ...(onFailure && { onFailure }),
        ...(rerunOf && { rerunOf }),
        ...(cancel && { cancel }),
      },
      status: {
        state,
        ...(startedAt && { startedAt }),
        ...(finishedAt && { finishedAt }),
        ...(counts && { counts }),
        // They say why there are no statuses.
        ...(jobs ? { jobs: new PackedJobs(jobs) } : conditions && { conditions }),
      },
    };
  }

  #text(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    this.#texts.set(text, text);
    return text;
  }

  #jobsOf(group: string, definitions: JobDefinition[]): RunRecord['spec']['jobs'] {
    const jobs = definitions.map((definition) => {
      const needs = needsOf(definition);
      return { name: definition.name, ...(needs.length > 0 && { needs }) };
    });
    const known = this.#jobs.get(group);
    if (isDeepStrictEqual(known, jobs)) return known!;
    this.#jobs.set(group, jobs);
    return jobs;
  }
}

/** managedFields is half the size of a small run, and the API does not use it. */
function withoutManagedFields(metadata: GroupRun['metadata']): GroupRun['metadata'] {
  const { managedFields, ...rest } = metadata as GroupRun['metadata'] & { managedFields?: unknown };
  return rest;
}
