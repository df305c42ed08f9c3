import { isTerminal, type JobState } from '../../kube/group-run.ts';

/** One version of a GroupRun, or of a Job, as an administrator's own watch saw it. */
export interface RunVersion {
  kind: 'GroupRun';
  type: string;
  name: string;
  uid: string;
  /** One count for all objects of a cluster: it orders writes of different objects too. */
  version: number;
  /** When it was seen: milliseconds since the epoch. */
  at: number;
  state?: JobState | undefined;
  jobs: { id: string; name: string; state: JobState; jobUID?: string | undefined; reason?: string | undefined }[];
}
export interface JobVersion {
  kind: 'Job';
  type: string;
  name: string;
  uid: string;
  version: number;
  at: number;
  /** UID of the GroupRun that owns it. */
  owner?: string | undefined;
  /** Its deletion has begun, or is done. */
  leaving: boolean;
  ttl?: number | undefined;
  finished: boolean;
}
export type Version = RunVersion | JobVersion;

/** A status that a caller was told over REST. */
export interface Told {
  id: string;
  at: number;
  /** HTTP status, and the state where it is 200. */
  code: number;
  state?: JobState;
}

export interface Observation {
  versions: Version[];
  /** Names of the runs that were answered with 202. */
  acknowledged: string[];
  told: Told[];
  /** Each run's latest time to be over: milliseconds since the epoch. */
  due: Map<string, number>;
  /** Whether runs that are over may be deleted. */
  retention?: boolean;
  /** How each job of a run ends, by its name: its state, and its reason where it has one. */
  ends: Record<string, string>;
  /** Processes of ours that ended unasked, and lines of their logs that tell of an unhandled rejection. */
  deaths: string[];
  /** The largest resident set of a process of ours, in MiB, and its bound. */
  rssMiB: number;
  rssBoundMiB: number;
}

/** What holds whatever befalls our processes, the API server or time. */
export const INVARIANTS: Record<Broken['invariant'], string> = {
  1: 'every run acknowledged with 202 exists, and each of its jobs has had at most one Job',
  2: 'every run is over in time, and a terminal state never changes',
  3: 'a result is recorded before its Job is removed',
  4: 'no process dies unasked, no rejection is unhandled, memory is bounded',
  5: 'a job ends as its work did: no fault of ours becomes its failure',
};

export interface Broken {
  /** As INVARIANTS numbers them. */
  invariant: 1 | 2 | 3 | 4 | 5;
  what: string;
}

/** Every invariant that does not hold. Pure. */
export function brokenInvariants(observation: Observation): Broken[] {
  return [
    ...acceptedExist(observation),
    ...oneJobEach(observation),
    ...runsEnd(observation),
    ...endsStay(observation),
    ...recordedFirst(observation),
    ...processesLive(observation),
    ...endsAsItsWork(observation),
  ];
}

const runsOf = (versions: Version[]): RunVersion[] => versions.filter((one) => one.kind === 'GroupRun');
const jobsOf = (versions: Version[]): JobVersion[] => versions.filter((one) => one.kind === 'Job');
const broken = (invariant: Broken['invariant'], what: string): Broken => ({ invariant, what });
/** The last version of each. */
const latest = <T extends Version>(versions: T[]): T[] => [
  ...new Map(versions.map((version) => [version.uid, version])).values(),
];

/** (1) Every run acknowledged with 202 exists, and is found by its id; it goes only when its retention is over. */
function acceptedExist({ versions, acknowledged, told, retention }: Observation): Broken[] {
  const runs = latest(runsOf(versions));
  const stored = new Map(runs.map((run) => [run.name, run]));
  const deleted = new Map(runs.filter(({ type }) => type === 'DELETED').map((run) => [run.name, run]));
  return [
    ...acknowledged
      .filter((name) => !stored.has(name))
      .map((name) => broken(1, `${name} was acknowledged, and is not`)),
    ...[...deleted.values()]
      .filter((run) => !retention || !run.state || !isTerminal(run.state))
      .map(({ name, state }) => broken(1, `${name} was deleted while ${state ?? 'new'}`)),
    ...told
      .filter(({ id, code, at }) => code === 404 && !((deleted.get(baseOf(id))?.at ?? Infinity) <= at + 1000))
      .map(({ id }) => broken(1, `/status/${id} was 404 after its run was acknowledged`)),
  ];
}

const baseOf = (id: string) => `${id.slice(0, -4)}0000`;

/** (1) At most one Job UID ever for each job of a run. */
function oneJobEach({ versions }: Observation): Broken[] {
  const uids = Map.groupBy(jobsOf(versions), ({ name }) => name);
  const twice = [...uids].flatMap(([name, all]) => {
    const different = new Set(all.map(({ uid }) => uid));
    return different.size > 1 ? [broken(1, `Job ${name} was made ${different.size} times`)] : [];
  });
  const definitions = latest(runsOf(versions));
  const tooMany = definitions.flatMap(({ uid, name, jobs }) => {
    const made = new Set(
      jobsOf(versions)
        .filter(({ owner }) => owner === uid)
        .map((job) => job.uid),
    );
    return jobs.length > 0 && made.size > jobs.length
      ? [broken(1, `run ${name} of ${jobs.length} jobs had ${made.size} Jobs`)]
      : [];
  });
  return [...twice, ...tooMany];
}

/** (2) Every run is over in time, and each of its jobs with it. */
function runsEnd({ versions, due }: Observation): Broken[] {
  const all = Map.groupBy(runsOf(versions), ({ name }) => name);
  return [...due].flatMap(([name, until]) => {
    const end = all.get(name)?.find(({ state }) => state && isTerminal(state));
    if (!end) return [broken(2, `${name} was not over in time; it was ${all.get(name)?.at(-1)?.state ?? 'new'}`)];
    if (end.at > until) return [broken(2, `${name} was over ${(end.at - until) / 1000} s too late`)];
    return end.jobs.every(({ state }) => isTerminal(state)) ? [] : [broken(2, `${name} was over before its jobs`)];
  });
}

/** (2) A terminal state never changes, in the cluster as over REST. */
function endsStay({ versions, told }: Observation): Broken[] {
  const changed: Broken[] = [];
  const follow = (key: string, state: JobState | undefined, ends: Map<string, JobState>) => {
    const end = ends.get(key);
    if (end && state !== end) changed.push(broken(2, `${key} was ${end}, then ${state}`));
    if (state && isTerminal(state)) ends.set(key, state);
  };
  const stored = new Map<string, JobState>();
  for (const { name, state, jobs } of runsOf(versions)) {
    follow(`run ${name}`, state, stored);
    for (const job of jobs) follow(`job ${job.id}`, job.state, stored);
  }
  const overRest = new Map<string, JobState>();
  for (const { id, code, state } of told) if (code === 200) follow(`/status/${id}`, state, overRest);
  return changed;
}

/** (3) A job's result stands in its run before the deletion of its Job begins. */
function recordedFirst({ versions }: Observation): Broken[] {
  const runs = Map.groupBy(runsOf(versions), ({ uid }) => uid);
  const firsts = new Map<string, JobVersion>();
  for (const job of jobsOf(versions)) if (job.leaving && !firsts.has(job.uid)) firsts.set(job.uid, job);
  return [...firsts.values()].flatMap((job) => {
    const before = (runs.get(job.owner ?? '') ?? []).filter(({ version }) => version < job.version).at(-1);
    const recorded = before?.jobs.find(({ id }) => id === job.name)?.state;
    return recorded && isTerminal(recorded)
      ? []
      : [broken(3, `Job ${job.name} was deleted while its run said ${recorded ?? 'nothing of it'}`)];
  });
}

/** (4) No unhandled rejection and no other death; memory is bounded. A lost key shows as a run that is never over. */
function processesLive({ deaths, rssMiB, rssBoundMiB }: Observation): Broken[] {
  return [
    ...deaths.map((why) => broken(4, why)),
    ...(rssMiB > rssBoundMiB ? [broken(4, `a process took ${rssMiB} MiB, more than ${rssBoundMiB}`)] : []),
  ];
}

/** (5) Each job of a run that is over has ended as expected. */
const endsAsItsWork = ({ versions, ends }: Observation): Broken[] =>
  latest(runsOf(versions)).flatMap(({ jobs }) =>
    jobs.flatMap(({ id, name, state, reason }) => {
      const end = reason ? `${state}/${reason}` : state;
      return isTerminal(state) && end !== ends[name] ? [broken(5, `${name} (${id}) is ${end}, not ${ends[name]}`)] : [];
    }),
  );
