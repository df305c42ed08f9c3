import type { JobState } from '../../contract/group-run.ts';

/** One version of an object, as an administrator's own watch saw it. */
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
  jobs: { id: string; name: string; state: JobState; jobUID?: string | undefined; reason?: string | undefined }[];
}

export interface JobVersion extends ObjectVersion {
  kind: 'Job';
  /** UID of the GroupRun that owns it. */
  owner?: string | undefined;
  /** Its deletion has begun, or is done. */
  leaving: boolean;
  /** How long it stays after its end, seconds. */
  ttl?: number | undefined;
}

export type Version = RunVersion | JobVersion;

/** What a caller was told of a job over REST. */
export interface Told {
  id: string;
  /** When it was asked: milliseconds since the epoch. */
  at: number;
  /** HTTP status, and the state where it is 200. */
  code: number;
  state?: JobState;
}

/** An answer of 202: the run it names, and the key it was asked with. */
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

/** What is about runs that were made in this time, and about their Jobs. */
export function ofRunsBegun(versions: Version[]): Version[] {
  const begun = new Set(runsOf(versions).flatMap(({ type, uid }) => (type === 'ADDED' ? [uid] : [])));
  return versions.filter((one) => begun.has(one.kind === 'GroupRun' ? one.uid : (one.owner ?? '')));
}
