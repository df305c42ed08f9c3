import { useMemo } from 'preact/hooks';
import type { RunView } from '../../client/views.ts';
import { formatAddress, type RunAddress } from '../model/address.ts';
import { matchingJobs } from '../model/run-jobs.ts';
import { describeCounts, isOver, lookOf, STATE_WORDS } from '../model/states.ts';
import { formatDuration, formatMoment, secondsOf } from '../model/time.ts';
import { html } from '../parts/html.ts';
import { Ago, CountsBar, Empty, Loading, Parameters, StaleNote, StateBadge } from '../parts/small.ts';
import { replaceAddress } from '../state/use-address.ts';
import { useAnnounce } from '../state/use-announce.ts';
import { useLive } from '../state/use-live.ts';
import { useNow } from '../state/use-now.ts';
import { useRun } from '../state/use-run.ts';
import { JobRows } from './job-rows.ts';
import { RunNotFound } from './not-found.ts';
import { RunActions } from './run-actions.ts';

/** A run: what became of it, and its jobs on one time axis. */
export const Run = ({ address }: { address: RunAddress }) => {
  const isLive = useLive();
  const { run, error } = useRun(address.id, isLive);
  const now = useNow(isLive && run !== undefined && !isOver(run.state));
  const jobs = useMemo(
    () => matchingJobs(run?.jobs ?? [], address.only, address.name),
    [run, address.only, address.name],
  );
  useAnnounce(run && `Run of ${run.group}: ${STATE_WORDS[run.state]}`);
  if (!run)
    return error ? html`<${RunNotFound} error=${error} />` : html`<h1 class="unseen">Run</h1><${Loading} what="run" />`;
  return html`
    <${RunHead} run=${run} now=${now} />
    <${StaleNote} error=${error} />
    <${JobFilters} address=${address} run=${run} />
    ${
      jobs.length > 0
        ? html`<${JobRows} run=${run} jobs=${jobs} now=${now} />`
        : html`<${Empty} title="No job matches"><a href=${formatAddress({ view: 'run', id: run.id })}>Show all jobs</a><//>`
    }`;
};

const RunHead = ({ run, now }: { run: RunView; now: number }) => {
  const { id, group, state, createdAt, finishedAt, counts, parameters, rerunOf, parallelism, onFailure, cancel } = run;
  const took = (secondsOf(finishedAt) ?? now) - (secondsOf(createdAt) ?? now);
  return html`
    <div class="run-head">
      <p class="crumbs"><a href=${formatAddress({ view: 'runs', group })}>Runs of ${group}</a></p>
      <div class="title-line">
        <h1>${group}</h1>
        <${StateBadge} look=${lookOf({ state })} />
        ${cancel && !isOver(state) && html`<span class="note">being cancelled</span>`}
        <${RunActions} run=${run} />
      </div>
      <dl class="facts">
        <div><dt>Run</dt><dd><code class="id">${id}</code></dd></div>
        <div><dt>Created</dt><dd>${formatMoment(secondsOf(createdAt) ?? now)} (<${Ago} time=${createdAt} now=${Math.max(now, Date.now() / 1000)} />)</dd></div>
        <div><dt>${isOver(state) ? 'Took' : 'For'}</dt><dd>${formatDuration(took)}</dd></div>
        <div class="fact-jobs"><dt>Jobs</dt><dd><${CountsBar} counts=${counts} /> <span aria-hidden="true">${describeCounts(counts)}</span></dd></div>
        ${parallelism && html`<div><dt>At a time</dt><dd>${parallelism}</dd></div>`}
        ${onFailure === 'cancel' && html`<div><dt>If one fails</dt><dd>the others are stopped</dd></div>`}
        ${rerunOf && html`<div><dt>Repeats</dt><dd><a href=${formatAddress({ view: 'run', id: rerunOf })}><code>${rerunOf.slice(0, 8)}</code></a></dd></div>`}
        ${parameters && Object.keys(parameters).length > 0 && html`<div><dt>Parameters</dt><dd><${Parameters} parameters=${parameters} /></dd></div>`}
      </dl>
    </div>`;
};

const JobFilters = ({ address, run }: { address: RunAddress; run: RunView }) => {
  const { counts, jobs } = run;
  const chips = [
    ['all', 'All jobs', jobs.length],
    ['failed', 'Failed', counts.failure],
    ['active', 'Not over', counts.pending + counts.started + counts.retry],
  ] as const;
  const set = (changes: Partial<RunAddress>) => replaceAddress({ ...address, ...changes });
  return html`
    <form class="filters" role="search" aria-label="Filter jobs" onSubmit=${(event: Event) => event.preventDefault()}>
      <div class="chips" role="group" aria-label="Jobs">
        ${chips.map(
          ([only, words, count]) => html`
            <button key=${only} type="button" aria-pressed=${(address.only ?? 'all') === only} onClick=${() => set({ only })}>
              ${words} <span class="count">${count}</span>
            </button>`,
        )}
      </div>
      <label><span class="unseen">Name contains</span>
        <input
          type="search"
          placeholder="Name contains"
          spellcheck=${false}
          value=${address.name ?? ''}
          onInput=${(event: Event) => set({ name: (event.target as HTMLInputElement).value })}
        />
      </label>
    </form>`;
};
