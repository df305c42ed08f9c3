import type { Response } from 'express';
import type { JobState } from '../../contract/group-run.ts';
import type { RunRecord } from '../../contract/run-record.ts';
import { storedAllow } from '../auth/allow.ts';
import { Visibility } from '../auth/visibility.ts';
import type { Deps } from '../deps.ts';
import { formatEvent } from '../hold/event-stream.ts';
import { type ChangedRun, changedRuns } from '../runs/changed-runs.ts';
import { stateOf } from '../views/run-view.ts';

interface Options {
  deps: Pick<Deps, 'auth' | 'catalog' | 'runs'>;
  response: Response;
  /** Only runs of this group, and changes into or out of this state. */
  filter: { group?: string | undefined; state?: JobState | undefined };
  /** The version of which the client has heard. */
  position: bigint;
  /** The JSON of a run. */
  textOf: (run: RunRecord) => string;
}

/** Beyond, a client does better to read the list again. */
const MAX_RUNS = 500;

/** What the stream of one caller has to say of the changes of runs. */
export class RunFeed {
  readonly #options: Options;
  readonly #visibility: Visibility;
  #position: bigint;
  #seesOthers = false;

  constructor(options: Options) {
    this.#options = options;
    this.#visibility = new Visibility(options.deps, options.response);
    this.#position = options.position;
  }

  /** The version of the newest change that `changed` has considered. */
  get position(): bigint {
    return this.#position;
  }

  /** Asks which groups the caller may see: of those that there are, and of these. To be called first. */
  async ask(more: string[] = []): Promise<void> {
    const { catalog, runs } = this.#options.deps;
    const groups = [...catalog().keys(), ...runs.groups(), ...more];
    if (await this.#visibility.ask(groups.filter((group) => this.#wants(group)))) this.#seesOthers = true;
  }

  /** The runs that changed since the last call; undefined if that is not known, if they are too many, or the caller may now see others. */
  async changed(): Promise<ChangedRun[] | undefined> {
    const { deps, filter } = this.#options;
    const changes = deps.runs.changes.since(this.#position)?.filter(({ group }) => this.#wants(group));
    this.#position = deps.runs.changes.newest;
    const unknown = changes?.filter(({ group }) => !this.#visibility.knows(group)) ?? [];
    if (unknown.length > 0) await this.ask(unknown.map(({ group }) => group));
    const isOutdated = this.#seesOthers;
    this.#seesOthers = false;
    if (!changes || isOutdated) return undefined;
    const visible = changes.filter(({ group }) => this.#visibility.sees(group, undefined));
    const changed = changedRuns(visible, filter.state);
    return changed.length > MAX_RUNS ? undefined : changed;
  }

  /** The events of these changes, as the runs are when each event's turn comes. */
  *events(changed: ChangedRun[]): Generator<string> {
    const { deps, filter, textOf } = this.#options;
    for (const { runId, version, group, deleted, wasInState } of changed) {
      const id = String(version);
      const run = deps.runs.cached(runId);
      if (deleted) {
        const isSeen = wasInState && this.#visibility.sees(group, deleted.allow);
        if (isSeen) yield formatEvent({ id, event: 'deleted', json: JSON.stringify({ id: runId }) });
      } else if (run && (wasInState || stateOf(run) === filter.state)) {
        const isSeen = this.#visibility.sees(group, storedAllow(run));
        if (isSeen) yield formatEvent({ id, event: 'run', json: textOf(run) });
      }
    }
  }

  #wants(group: string): boolean {
    const { filter } = this.#options;
    return filter.group === undefined || filter.group === group;
  }
}
