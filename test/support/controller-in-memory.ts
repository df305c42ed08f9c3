// Real: Reconciler, StatusWriter, JobWriter, Observer and the decisions. Not real: the API server, which keeps one run with its Jobs
// and pods in memory and denies some, the caches, which show at once what it stores, time and randomness.
import type { GroupRun, GroupRunSpec, GroupRunStatus } from '../../contract/group-run.ts';
import type { JobDefinition } from '../../contract/job-definition.ts';
import { paths } from '../../contract/paths.ts';
import type { Job, Pod } from '../../controller/decide/types.ts';
import { JobWriter } from '../../controller/job-writer.ts';
import { JOB_NAME_LABEL, Observer } from '../../controller/observe.ts';
import { Reconciler } from '../../controller/reconcile.ts';
import { StatusWriter } from '../../controller/status-writer.ts';
import { ApiError } from '../../kube/api-error.ts';
import type { RequestOptions } from '../../kube/client.ts';
import { definition, NOW, run } from './builders.ts';

export const DENIAL = `jobs.batch "x" is forbidden: ValidatingAdmissionPolicy 'p' denied request: no`;
const URLS = paths('async-api');

class Killed extends Error {}

interface Call {
  /** Seconds since the start. */
  at: number;
  method: string;
  /** Of what: runs/status, jobs or pods. */
  resource: string;
  /** Number of the job, for calls about one Job. */
  job: number;
}

interface Options {
  isDenied?: (job: number, second: number) => boolean;
  /** What random returns. */
  jitter?: number;
  parallelism?: number;
  /** Further fields of the spec. */
  spec?: Partial<GroupRunSpec>;
  /** Kills the process before or after its call of this number, from 0; the next process starts at once. */
  kill?: { call: number; when: 'before' | 'after' };
  /** The caches show the new Job of this job so many milliseconds later. */
  lagMs?: (job: number) => number;
  /** Milliseconds between two reconciles because of an event. */
  gapMs?: number;
  jobTtlSeconds?: number;
}

export const jobNumber = (id: string): number => Number.parseInt(id.slice(-4), 16);
export const jobsOf = (count: number, fields: Partial<JobDefinition> = {}): JobDefinition[] =>
  Array.from({ length: count }, (_, i) =>
    definition({ name: `job-${i + 1}`, pendingDeadlineSeconds: 3600, ...fields }),
  );

/** A controller of one run of these jobs. */
export function startInMemory(jobs: JobDefinition[], options: Options = {}) {
  const {
    isDenied = () => false,
    jitter = 0.5,
    parallelism,
    spec,
    kill,
    lagMs = () => 0,
    gapMs = 0,
    jobTtlSeconds = 60,
  } = options;
  let stored: GroupRun = run(jobs);
  Object.assign(stored.spec, parallelism && { parallelism }, spec);
  const made = new Map<string, Job>();
  const hidden = new Set<string>();
  const pods = new Map<string, Pod[]>();
  const calls: Call[] = [];
  let sent = 0;
  const statuses: GroupRunStatus[] = [];
  const events: { at: number; happen: () => void }[] = [];
  let clockMs = 0;
  let wakeAt = 0;
  let reconciledAt = Number.NEGATIVE_INFINITY;
  const second = () => clockMs / 1000;
  const wake = (ms: number) => {
    wakeAt = Math.min(wakeAt, ms);
  };
  /** What happens after so many milliseconds, and then makes the controller look at the run. */
  const after = (ms: number, happen: () => void) => {
    events.push({ at: clockMs + ms, happen });
  };
  const store = (change: Partial<GroupRun>) => {
    const resourceVersion = String(Number(stored.metadata.resourceVersion) + 1);
    stored = { ...stored, ...change, metadata: { ...stored.metadata, ...change.metadata, resourceVersion } };
    return stored;
  };
  /** Called for each Job that is created or patched. */
  let onJob: (job: Job) => void = () => {};

  const post = (body: Job): Job => {
    const { name } = body.metadata;
    if (isDenied(jobNumber(name), second())) throw new ApiError(403, 'Forbidden', DENIAL);
    if (made.has(name)) throw new ApiError(409, 'AlreadyExists', 'exists');
    const metadata = { ...body.metadata, uid: `uid-${name}`, resourceVersion: '1' };
    made.set(name, { ...body, metadata, status: { active: 1 } });
    if (lagMs(jobNumber(name)) > 0) {
      hidden.add(name);
      after(lagMs(jobNumber(name)), () => hidden.delete(name));
    }
    onJob(made.get(name)!);
    return made.get(name)!;
  };
  const answer = (method: string, path: string, body: unknown): unknown => {
    if (path.endsWith('/status')) {
      statuses.push((body as { status: GroupRunStatus }).status);
      return store({ status: statuses.at(-1)! });
    }
    if (method === 'POST') return post(body as Job);
    if (method === 'DELETE' && path === URLS.jobs) return made.clear();
    if (path === URLS.pods) return { items: [...pods.values()].flat() };
    const job = made.get(path.split('/').at(-1)!);
    if (!job) throw new ApiError(404, 'NotFound', 'not found');
    if (method !== 'PATCH') return job;
    const { metadata, spec } = body as Job;
    made.set(job.metadata.name, { ...job, spec: { ...spec }, metadata: { ...job.metadata, ...metadata } });
    onJob(made.get(job.metadata.name)!);
    return made.get(job.metadata.name)!;
  };
  const clientOf = (process: { killed: boolean }) => ({
    request: async <T>(method: string, path: string, { body }: RequestOptions = {}) => {
      if (process.killed) throw new Killed();
      const isLast = kill?.call === sent++;
      if (isLast && kill?.when === 'before') {
        process.killed = true;
        throw new Killed();
      }
      const name = method === 'POST' ? (body as Job).metadata.name : path.split('/').at(-1)!;
      const isAboutJob = path.startsWith(URLS.jobs) && (method === 'POST' || path !== URLS.jobs);
      const resource = path.endsWith('/status') ? 'runs/status' : path.startsWith(URLS.jobs) ? 'jobs' : 'pods';
      calls.push({ at: second(), method, resource, job: isAboutJob ? jobNumber(name) : 0 });
      // As over a network: calls in flight are answered one after another.
      await new Promise((resolve) => setImmediate(resolve));
      const answered = answer(method, path, body) as T;
      if (!isLast) return answered;
      process.killed = true;
      throw new Killed();
    },
  });
  const none = { byIndex: () => [] };
  const caches = {
    runs: { get: () => stored },
    jobs: { byIndex: () => [...made.values()].filter(({ metadata }) => !hidden.has(metadata.name)) },
    pods: { byIndex: (name: string) => pods.get(name) ?? [] },
    failedCreates: none,
    podEvents: none,
    tombstones: { job: () => undefined, pods: () => [] },
  };
  const writeOptions = () => ({});
  const requeueAfter = (_name: string, ms: number) => wake(clockMs + ms);
  const startProcess = (): Reconciler => {
    const client = clientOf({ killed: false });
    const observer = new Observer(client, caches, URLS);
    return new Reconciler({
      statuses: new StatusWriter({
        client,
        path: URLS.runs,
        runs: caches.runs,
        onStatusWritten: () => {},
        requeueAfter,
        writeOptions,
        log: () => {},
        monotonic: () => clockMs,
      }),
      observer,
      jobs: new JobWriter({
        client,
        observer,
        path: URLS.jobs,
        podsPath: URLS.pods,
        jobImage: 'image',
        writeOptions,
      }),
      jobTtlSeconds,
      onPodsLate: () => {},
      requeueAfter,
      now: () => new Date(NOW.getTime() + clockMs),
      random: () => jitter,
    });
  };
  let reconciler = startProcess();
  return {
    calls,
    /** The statuses that were written. */
    statuses,
    /** The Jobs that the API server has, by name. */
    made,
    /** The pods of each Job, by its name. */
    pods,
    after,
    /** Changes the spec, as a caller who cancels. */
    change: (spec: Partial<GroupRun['spec']>) => {
      const generation = (stored.metadata.generation ?? 1) + 1;
      store({ spec: { ...stored.spec, ...spec }, metadata: { ...stored.metadata, generation } });
      wake(clockMs);
    },
    whenJob: (listener: (job: Job) => void) => {
      onJob = listener;
    },
    /** Reconciles whenever it is time, and lets happen what is due, up to that second. */
    async until(end: number): Promise<void> {
      for (;;) {
        events.sort((a, b) => a.at - b.at);
        const next = events[0];
        if (next && next.at <= Math.min(wakeAt, end * 1000)) {
          clockMs = Math.max(clockMs, next.at);
          events.shift()!.happen();
          wake(Math.max(clockMs, reconciledAt + gapMs));
          continue;
        }
        if (wakeAt > end * 1000) return;
        clockMs = Math.max(clockMs, wakeAt);
        wakeAt = Number.POSITIVE_INFINITY;
        try {
          await reconciler.reconcile(stored.metadata.name);
        } catch (error) {
          if (!(error instanceof Killed)) throw error;
          reconciler = startProcess();
          wake(clockMs);
        }
        reconciledAt = clockMs;
      }
    },
    run: () => stored,
    status: (job: number) => stored.status!.jobs![job - 1]!,
    /** Calls about one Job each. */
    count: (method: string, from = 0, to = Number.POSITIVE_INFINITY) =>
      calls.filter((call) => call.method === method && call.job > 0 && call.at >= from && call.at < to).length,
    /** The numbers of the jobs whose Job was created. */
    created: () => [...made.keys()].map(jobNumber).toSorted((a, b) => a - b),
    /** The Job of this job is Complete. */
    end: (job: number) => {
      const one = [...made.values()].find(({ metadata }) => jobNumber(metadata.name) === job)!;
      made.set(one.metadata.name, complete(one));
      wake(clockMs);
    },
    now: () => new Date(NOW.getTime() + clockMs).toISOString(),
  };
}

export const complete = (job: Job, at = NOW.toISOString()): Job => ({
  ...job,
  status: { conditions: [{ type: 'Complete', status: 'True', lastTransitionTime: at }] },
});

/** The one pod of a Job, with the label that the Job controller sets. */
export const podOf = ({ metadata: { name } }: Job, status: NonNullable<Pod['status']>): Pod => ({
  metadata: { name: `${name}-x`, uid: `pod-${name}`, resourceVersion: '1', labels: { [JOB_NAME_LABEL]: name } },
  status,
});
