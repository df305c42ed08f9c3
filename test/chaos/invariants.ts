import { isTerminal, type JobState } from '../../contract/group-run.ts';
import { toRunId } from '../../contract/ids.ts';
import { type Acknowledged, type JobVersion, jobsOf, latest, runsOf, type Told, type Version } from './history.ts';

export interface Observation {
  versions: Version[];
  acknowledged: Acknowledged[];
  told: Told[];
  /** The latest time at which each run may end, by its name: milliseconds since the epoch. */
  due: Map<string, number>;
  /** Whether finished runs may be deleted. */
  retention: boolean;
  /** How each job must end, by its name: its state, with a slash and the reason or result where it has one. */
  ends: Record<string, RegExp>;
  /** Processes that ended unexpectedly, and lines of their logs about unhandled rejections. */
  deaths: string[];
  /** The largest resident set of our processes, in MiB, and its bound. */
  rssMiB: number;
  rssBoundMiB: number;
}

/** What must hold whichever fault is injected. */
export const INVARIANTS = {
  1: 'every run acknowledged with 202 exists, the same key names the same run, and each job has had at most one Job',
  2: 'every run is over in time, callers are told so, and a terminal state never changes',
  3: 'a result is recorded before its Job is removed',
  4: 'no process dies unasked, no rejection is unhandled, no key is lost, memory is bounded',
  5: 'a job ends as its work did: no fault of ours becomes its failure',
};

export interface Broken {
  invariant: keyof typeof INVARIANTS;
  what: string;
}
const broken = (invariant: Broken['invariant'], what: string): Broken => ({ invariant, what });

/** Every violation of an invariant. Pure. */
export function brokenInvariants(observation: Observation): Broken[] {
  const { versions, told, retention } = observation;
  return [
    ...acceptedExist(observation),
    ...oneRunAKey(observation),
    ...oneJobEach(observation),
    ...noneBehindFailure(observation),
    ...runsEnd(observation),
    ...endsStay(observation),
    ...recordedFirst(observation),
    ...processesLive(observation),
    ...endsAsItsWork(observation),
    ...leftOver(versions, retention).map((what) => broken(4, what)),
    ...behind(versions, told).map((what) => broken(2, what)),
  ];
}

/** (1) Every run acknowledged with 202 exists and is found by its id, until its retention deletes it after its end. */
function acceptedExist({ versions, acknowledged, told, retention }: Observation): Broken[] {
  const runs = new Map(latest(runsOf(versions)).map((run) => [run.name, run]));
  const deleted = [...runs.values()].filter(({ type }) => type === 'DELETED');
  const deletedAt = (id: string) => deleted.find(({ name }) => name === toRunId(id))?.at ?? Number.POSITIVE_INFINITY;
  const ends = runsOf(versions).filter(({ state }) => state && isTerminal(state));
  const overAt = (id: string) => ends.find(({ name }) => name === toRunId(id))?.at ?? Number.POSITIVE_INFINITY;
  return [
    ...acknowledged
      .filter(({ run }) => !runs.has(run))
      .map(({ run }) => broken(1, `${run} was acknowledged, and is not`)),
    ...deleted
      .filter(({ state }) => !retention || !state || !isTerminal(state))
      .map(({ name, state }) => broken(1, `${name} was deleted while ${state ?? 'new'}`)),
    // The API may see an end or a deletion seconds before the observer, which shares a process with the callers.
    ...told
      .filter(({ id, code, at }) => code === 404 && (deletedAt(id) > at + 10_000 || overAt(id) > at + 5000))
      .map(({ id }) => broken(1, `/status/${id} was 404 after its run was acknowledged`)),
  ];
}

/** (1) All requests with one key lead to one run. */
function oneRunAKey({ versions, acknowledged }: Observation): Broken[] {
  const runs = latest(runsOf(versions)).map(({ name }) => name);
  return [...Map.groupBy(acknowledged, ({ key }) => key)].flatMap(([key, all]) => {
    const names = new Set(all.map(({ run }) => run));
    return names.size > 1 ? [broken(1, `key ${key} named ${names.size} runs of ${runs.length}`)] : [];
  });
}

/** (1) Each job of a run has at most one Job, by UID, and the run has no other Jobs. */
function oneJobEach({ versions }: Observation): Broken[] {
  const jobs = latest(jobsOf(versions));
  const twice = [...Map.groupBy(jobs, ({ name }) => name)].flatMap(([name, all]) =>
    all.length > 1 ? [broken(1, `Job ${name} was made ${all.length} times`)] : [],
  );
  const tooMany = latest(runsOf(versions)).flatMap(({ uid, name, jobs: defined }) => {
    const made = jobs.filter(({ owner }) => owner === uid).length;
    const over = defined.length > 0 && made > defined.length;
    return over ? [broken(1, `run ${name} of ${defined.length} jobs had ${made} Jobs`)] : [];
  });
  return [...twice, ...tooMany];
}

/** (1) No Job is made of a job that ends because one that it needs failed. */
const noneBehindFailure = ({ versions }: Observation): Broken[] =>
  latest(runsOf(versions)).flatMap(({ jobs }) => {
    const revoked = new Set(jobs.flatMap(({ id, reason }) => (reason === 'DependencyFailed' ? [id] : [])));
    const made = latest(jobsOf(versions)).filter(({ name }) => revoked.has(name));
    return made.map(({ name }) => broken(1, `Job ${name} was made although what it needs failed`));
  });

/** (2) Every run ends in time, and each of its jobs with it. */
function runsEnd({ versions, due }: Observation): Broken[] {
  const all = Map.groupBy(runsOf(versions), ({ name }) => name);
  return [...due].flatMap(([name, until]) => {
    const end = all.get(name)?.find(({ state }) => state && isTerminal(state));
    if (!end) return [broken(2, `${name} was not over in time; it was ${all.get(name)?.at(-1)?.state ?? 'new'}`)];
    if (end.at > until) return [broken(2, `${name} was over ${(end.at - until) / 1000} s too late`)];
    return end.jobs.every(({ state }) => isTerminal(state)) ? [] : [broken(2, `${name} was over before its jobs`)];
  });
}

/** (2) A terminal state never changes, in the cluster or over REST. */
function endsStay({ versions, told }: Observation): Broken[] {
  const changed: Broken[] = [];
  const ends = new Map<string, JobState>();
  const follow = (what: string, state: JobState | undefined) => {
    const end = ends.get(what);
    if (end && state !== end) changed.push(broken(2, `${what} was ${end}, then ${state}`));
    if (state && isTerminal(state)) ends.set(what, state);
  };
  for (const { name, state, jobs } of runsOf(versions)) {
    follow(`run ${name}`, state);
    for (const job of jobs) follow(`job ${job.id}`, job.state);
  }
  for (const { id, code, state } of told) if (code === 200) follow(`/status/${id}`, state);
  return changed;
}

/** (3) A job's result is in its run's status before the deletion of its Job begins. */
function recordedFirst({ versions }: Observation): Broken[] {
  const runs = Map.groupBy(runsOf(versions), ({ uid }) => uid);
  const leaving = new Map<string, JobVersion>();
  for (const job of jobsOf(versions)) if (job.leaving && !leaving.has(job.uid)) leaving.set(job.uid, job);
  return [...leaving.values()].flatMap((job) => {
    const before = (runs.get(job.owner ?? '') ?? []).filter(({ version }) => version < job.version).at(-1);
    const recorded = before?.jobs.find(({ id }) => id === job.name)?.state;
    return recorded && isTerminal(recorded)
      ? []
      : [broken(3, `Job ${job.name} was deleted while its run said ${recorded ?? 'nothing of it'}`)];
  });
}

/** (4) No process ends unexpectedly, no rejection is unhandled, memory is bounded. */
function processesLive({ deaths, rssMiB, rssBoundMiB }: Observation): Broken[] {
  return [
    ...deaths.map((why) => broken(4, why)),
    ...(rssMiB > rssBoundMiB ? [broken(4, `a process took ${rssMiB} MiB, more than ${rssBoundMiB}`)] : []),
  ];
}

/** (5) Each finished job has ended as its scenario says. */
const endsAsItsWork = ({ versions, ends }: Observation): Broken[] =>
  latest(runsOf(versions)).flatMap(({ jobs }) =>
    jobs.flatMap(({ id, name, state, reason, result }) => {
      const end = [state, reason ?? result ?? []].flat().join('/');
      return isTerminal(state) && !ends[name]?.test(end) ? [broken(5, `${name} (${id}) is ${end}`)] : [];
    }),
  );

/** (4) Work that remains for finished runs: a key that the queue lost leaves it undone for ever. */
export function leftOver(versions: Version[], retention: boolean): string[] {
  const runs = latest(runsOf(versions)).filter(({ state }) => state && isTerminal(state));
  const over = new Set(runs.map(({ uid }) => uid));
  const jobs = latest(jobsOf(versions)).filter(({ leaving, owner }) => over.has(owner ?? '') && !leaving);
  const kept = retention ? runs.filter(({ type }) => type !== 'DELETED') : [];
  return [
    ...jobs.map(({ name }) => `Job ${name} was not deleted after its run was over`),
    ...kept.map(({ name }) => `run ${name} was not deleted after its retention`),
  ];
}

/** (2) Jobs whose last answer to a caller differs from the stored state. */
export function behind(versions: Version[], told: Told[]): string[] {
  const runs = latest(runsOf(versions)).filter(({ type }) => type !== 'DELETED');
  const stored = new Map(runs.flatMap(({ jobs }) => jobs.map(({ id, state }) => [id, state] as const)));
  return [...new Map(told.map((one) => [one.id, one])).values()].flatMap(({ id, code, state }) =>
    stored.has(id) && stored.get(id) !== state ? [`/status/${id} tells ${state ?? code} of ${stored.get(id)}`] : [],
  );
}
