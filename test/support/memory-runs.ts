import { Unavailable } from '../../api/refusal.ts';
import type { RunStore } from '../../api/runs.ts';
import type { GroupRun, GroupRunSpec } from '../../kube/group-run.ts';
import { runBase } from '../../kube/ids.ts';
import { run } from './builders.ts';

/** Runs kept here, for tests of what the routes do with callers' requests; nothing is claimed of Kubernetes by it. */
export class MemoryRuns implements RunStore {
  readonly runs = new Map<string, GroupRun>();
  /** What every call that Kubernetes would have to answer fails with. */
  failure: Error | undefined;

  async create(base: string, spec: GroupRunSpec, annotations: Record<string, string>): Promise<GroupRun | undefined> {
    if (this.failure) throw this.failure;
    const earlier = this.runs.get(base);
    if (earlier) return earlier;
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

  async cancel(name: string): Promise<GroupRun | undefined> {
    if (this.failure) throw this.failure;
    return this.list().find((one) => runBase(one.metadata) === name);
  }
}

export const unavailable = () => new Unavailable(7, new Error('connect ECONNREFUSED'));
