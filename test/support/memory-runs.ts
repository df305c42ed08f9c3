import { EventEmitter } from 'node:events';
import { ServiceUnavailable } from '../../api/http/http-error.ts';
import { ActiveRuns } from '../../api/runs/active-runs.ts';
import { ChangeLog } from '../../api/runs/change-log.ts';
import type { RunStore } from '../../api/runs/run-store.ts';
import { SortedRuns } from '../../api/runs/sorted-runs.ts';
import type { PageCursor } from '../../api/views/page-cursor.ts';
import {
  type GroupRun,
  type GroupRunSpec,
  isTerminal,
  type JobState,
  type JobStatus,
} from '../../contract/group-run.ts';
import { runIdOf } from '../../contract/ids.ts';
import type { RunRecord } from '../../contract/run-record.ts';
import { run } from './builders.ts';

/** Runs in memory, for tests of routes. It does not imitate Kubernetes. */
export class MemoryRuns implements RunStore {
  readonly runs = new Map<string, GroupRun>();
  readonly #changed = new EventEmitter().setMaxListeners(0);
  readonly active = new ActiveRuns();
  readonly changes = new ChangeLog();
  #version = 1;
  cacheAgeSeconds = 0;
  /** The error of every call that needs the API server. */
  failure: Error | undefined;

  async create(runId: string, spec: GroupRunSpec, annotations: Record<string, string>): Promise<GroupRun | undefined> {
    if (this.failure) throw this.failure;
    const earlier = this.runs.get(runId);
    if (earlier) return earlier;
    this.active.observe(runId, spec.group);
    const one = run(spec.jobs);
    this.put(runId, { ...one, metadata: { ...one.metadata, name: runId, annotations }, spec });
    return undefined;
  }

  async check(): Promise<void> {
    if (this.failure) throw this.failure;
  }

  async find(runId: string): Promise<GroupRun | undefined> {
    if (this.failure && !this.runs.has(runId)) throw this.failure;
    return this.runs.get(runId);
  }

  cached(runId: string): GroupRun | undefined {
    return this.runs.get(runId);
  }

  findLatest(runId: string): Promise<GroupRun | undefined> {
    return this.find(runId);
  }

  groups(): string[] {
    return this.#sorted().groups();
  }

  list(group?: string, after?: PageCursor): Generator<GroupRun, undefined> {
    return this.#sorted().list(group, after);
  }

  get newest(): GroupRun {
    return this.list().next().value!;
  }

  /** Sorts again each time: tests change runs in place. */
  #sorted(): SortedRuns<GroupRun> {
    const sorted = new SortedRuns<GroupRun>();
    for (const one of this.runs.values()) sorted.set(one);
    return sorted;
  }

  async withDefinitions(one: RunRecord): Promise<GroupRun | undefined> {
    if (this.failure) throw this.failure;
    return this.runs.get(runIdOf(one.metadata));
  }

  subscribe(runId: string, listener: () => void): () => void {
    const on = (changed: string) => changed === runId && listener();
    this.#changed.on('change', on);
    return () => void this.#changed.off('change', on);
  }

  /** Sets the states of the run's jobs, and the state of the run that follows from them. */
  setStates(runId: string, ...states: JobState[]): void {
    this.setJobs(runId, ...states.map((state) => ({ state })));
  }

  /** As `setStates`, with more of each job's status. */
  setJobs(runId: string, ...statuses: (Partial<JobStatus> & Pick<JobStatus, 'state'>)[]): void {
    const one = this.runs.get(runId)!;
    const jobs = statuses.map((status, i) => ({ name: one.spec.jobs[i]!.name, ...status }));
    const states = statuses.map((status) => status.state);
    const over = states.every(isTerminal);
    const state = over ? (states.find((each) => each !== 'SUCCESS') ?? 'SUCCESS') : 'STARTED';
    this.active.observe(runId, over ? undefined : one.spec.group);
    this.put(runId, { ...one, status: { state, jobs } });
  }

  delete(runId: string): void {
    const { metadata, ...one } = this.runs.get(runId)!;
    this.runs.delete(runId);
    this.active.observe(runId, undefined);
    this.changes.add({ ...one, metadata: this.#withNextVersion(metadata) }, undefined);
  }

  /** Stores a version of a run. */
  put(runId: string, { metadata, ...one }: GroupRun): void {
    const previous = this.runs.get(runId);
    const current = { ...one, metadata: this.#withNextVersion(metadata) };
    this.runs.set(runId, current);
    this.changes.add(previous, current);
    this.#changed.emit('change', runId);
  }

  #withNextVersion(metadata: GroupRun['metadata']): GroupRun['metadata'] {
    this.#version += 1;
    return { ...metadata, resourceVersion: String(this.#version) };
  }

  async cancel(name: string): Promise<GroupRun | undefined> {
    if (this.failure) throw this.failure;
    return [...this.runs.values()].find((one) => runIdOf(one.metadata) === name);
  }
}

export const unavailable = () => new ServiceUnavailable(7, new Error('connect ECONNREFUSED'));
