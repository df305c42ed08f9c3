import type { JobState } from '../../contract/group-run.ts';
import { runIdOf } from '../../contract/ids.ts';
import { ALLOW_ANNOTATION } from '../../contract/labels.ts';
import type { RunRecord } from '../../contract/run-record.ts';
import { stateOf } from '../views/run-view.ts';

/** Not the run itself: thousands are kept, and a run may take a megabyte. */
export interface RunChange {
  /** The resourceVersion that the change led to. */
  version: bigint;
  runId: string;
  group: string;
  /** The run's state before; undefined for a new run. */
  before: JobState | undefined;
  /** Its `allow` as stored, if the run was deleted. */
  deleted?: { allow: string | undefined };
}

const MAX_CHANGES = 5000;
/** Of `allow` of deleted runs. */
const MAX_CHARACTERS = 4_000_000;

/** The latest changes of all runs, in their order. Versions are comparable between replicas (KEP-5504). */
export class ChangeLog {
  #changes: RunChange[] = [];
  /** All changes after this version are in the log. */
  #begin = 0n;
  #newest = 0n;
  #characters = 0;
  readonly #waiting = new Set<() => void>();

  /** The version of the newest change. */
  get newest(): bigint {
    return this.#newest;
  }

  /** Begins anew with a list of this resourceVersion: in which order things changed before it is not known. */
  begin(resourceVersion: string): void {
    this.#changes = [];
    this.#characters = 0;
    this.#begin = BigInt(resourceVersion);
    this.#newest = this.#begin;
    this.#wake();
  }

  /** Adds a change, unless the list that the log begins with had it. */
  add(previous: RunRecord | undefined, current: RunRecord | undefined): void {
    const { metadata, spec } = (current ?? previous)!;
    const version = BigInt(metadata.resourceVersion);
    if (version <= this.#newest) return;
    this.#newest = version;
    const allow = metadata.annotations?.[ALLOW_ANNOTATION];
    this.#changes.push({
      version,
      runId: runIdOf(metadata),
      group: spec.group,
      before: previous && stateOf(previous),
      ...(!current && { deleted: { allow } }),
    });
    this.#characters += current ? 0 : (allow?.length ?? 0);
    if (this.#changes.length > 2 * MAX_CHANGES || this.#characters > MAX_CHARACTERS) this.#forget();
    this.#wake();
  }

  /** The changes after a version, oldest first; undefined if the log does not have all of them, or never had this version. */
  since(version: bigint): readonly RunChange[] | undefined {
    if (version < this.#begin || version > this.#newest) return undefined;
    const first = this.#changes.findLastIndex((change) => change.version <= version) + 1;
    return this.#changes.slice(first);
  }

  /** Resolves when the newest version is another than this, after `ms` milliseconds, or when the signal aborts. */
  async next(version: bigint, ms: number, signal: AbortSignal): Promise<void> {
    if (this.#newest !== version || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        this.#waiting.delete(end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal.addEventListener('abort', end, { once: true });
      this.#waiting.add(end);
    });
  }

  #wake(): void {
    for (const end of [...this.#waiting]) end();
  }

  /** Forgets the older half. */
  #forget(): void {
    const forgotten = this.#changes.splice(0, Math.ceil(this.#changes.length / 2));
    this.#begin = forgotten.at(-1)!.version;
    for (const { deleted } of forgotten) this.#characters -= deleted?.allow?.length ?? 0;
  }
}
