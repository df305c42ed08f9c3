import { EventEmitter } from 'node:events';
import { Unavailable } from '../../api/http/http-error.ts';
import { ActiveRuns } from '../../api/runs/active-runs.ts';
import type { RunStore } from '../../api/runs/run-store.ts';
import { type GroupRun, type GroupRunSpec, isTerminal, type JobState } from '../../contract/group-run.ts';
import { jobId, runBase } from '../../contract/ids.ts';
import { run } from './builders.ts';

/** Runs kept here, for tests of what the routes do with callers' requests; nothing is claimed of Kubernetes by it. */
export class MemoryRuns implements RunStore {
  readonly runs = new Map<string, GroupRun>();
  readonly #changed = new EventEmitter().setMaxListeners(0);
  readonly active = new ActiveRuns();
  staleSeconds = 0;
  /** What every call that Kubernetes would have to answer fails with. */
  failure: Error | undefined;

  async create(base: string, spec: GroupRunSpec, annotations: Record<string, string>): Promise<GroupRun | undefined> {
    if (this.failure) throw this.failure;
    const earlier = this.runs.get(base);
    if (earlier) return earlier;
    this.active.observe(base, spec.group);
    const one = run(spec.jobs);
    this.runs.set(base, { ...one, metadata: { ...one.metadata, name: base, annotations }, spec });
    return undefined;
  }

  async find(base: string): Promise<GroupRun | undefined> {
    if (this.failure && !this.runs.has(base)) throw this.failure;
    return this.runs.get(base);
  }

  list(): GroupRun[] {
    return [...this.runs.values()];
  }

  subscribe(base: string, listener: () => void): () => void {
    const on = (changed: string) => changed === base && listener();
    this.#changed.on('change', on);
    return () => void this.#changed.off('change', on);
  }

  /** Gives the run's jobs these states, and the run the one that follows. */
  setStates(base: string, ...states: JobState[]): void {
    const one = this.runs.get(base)!;
    const jobs = states.map((state, i) => ({ name: one.spec.jobs[i]!.name, id: jobId(base, i + 1), state }));
    const over = states.every(isTerminal);
    const state = over ? (states.find((each) => each !== 'SUCCESS') ?? 'SUCCESS') : 'STARTED';
    this.runs.set(base, { ...one, status: { state, jobs } });
    this.active.observe(base, over ? undefined : one.spec.group);
    this.#changed.emit('change', base);
  }

  async cancel(name: string): Promise<GroupRun | undefined> {
    if (this.failure) throw this.failure;
    return this.list().find((one) => runBase(one.metadata) === name);
  }
}

export const unavailable = () => new Unavailable(7, new Error('connect ECONNREFUSED'));
