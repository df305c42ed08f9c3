import type { JobState } from '../../contract/group-run.ts';

/** One version of an object, from an administrator's watch. */
interface ObjectVersion {
  /** ADDED, MODIFIED or DELETED. */
  type: string;
  name: string;
  uid: string;
  /** resourceVersion: it counts the writes to all objects of the cluster, so it orders those to different objects too. */
  version: number;
  /** When it was seen: milliseconds since the epoch. */
  at: number;
}

export interface RunVersion extends ObjectVersion {
  kind: 'GroupRun';
  state?: JobState | undefined;
  jobs: {
    id: string;
    name: string;
    state: JobState;
    jobUID?: string | undefined;
    reason?: string | undefined;
    result?: string | undefined;
  }[];
}

export interface JobVersion extends ObjectVersion {
  kind: 'Job';
  /** UID of the GroupRun that owns it. */
  owner?: string | undefined;
  /** Whether its deletion has begun. */
  leaving: boolean;
}

export type Version = RunVersion | JobVersion;

/** An answer about a job's status over REST. */
export interface Told {
  id: string;
  /** The time of the request: milliseconds since the epoch. */
  at: number;
  /** The HTTP status. */
  code: number;
  /** With 200 only. */
  state?: JobState;
}

/** An answer of 202: the run that it names, and the Idempotency-Key of the request. */
export interface Acknowledged {
  run: string;
  key: string;
}

export const runsOf = (versions: Version[]): RunVersion[] => versions.filter((one) => one.kind === 'GroupRun');
export const jobsOf = (versions: Version[]): JobVersion[] => versions.filter((one) => one.kind === 'Job');

/** The last version of each object. */
export const latest = <T extends Version>(versions: T[]): T[] => [
  ...new Map(versions.map((version) => [version.uid, version])).values(),
];

/** The versions of runs whose creation is among these, and of their Jobs. */
export function ofRunsBegun(versions: Version[]): Version[] {
  const begun = new Set(runsOf(versions).flatMap(({ type, uid }) => (type === 'ADDED' ? [uid] : [])));
  return versions.filter((one) => begun.has(one.kind === 'GroupRun' ? one.uid : (one.owner ?? '')));
}
