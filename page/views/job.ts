import { printable } from '../../client/printable.ts';
import type { JobView, RunView } from '../../client/views.ts';
import { formatAddress } from '../model/address.ts';
import { describeSegments, segmentsOf } from '../model/axis.ts';
import { REASONS } from '../model/reasons.ts';
import { isOver, lookOf, lookWords } from '../model/states.ts';
import { formatDuration, formatMoment, secondsOf } from '../model/time.ts';
import { AskButton } from '../parts/ask.ts';
import { html } from '../parts/html.ts';
import { Empty, Loading, StaleNote, StateBadge } from '../parts/small.ts';
import { useSession } from '../state/session.ts';
import { useStore } from '../state/store.ts';
import { useAnnounce } from '../state/use-announce.ts';
import { useLive } from '../state/use-live.ts';
import { useNow } from '../state/use-now.ts';
import { useRun } from '../state/use-run.ts';
import { Log } from './log.ts';
import { RunNotFound } from './not-found.ts';

/** A job of a run: what became of it, and its log. */
export const Job = ({ id, number }: { id: string; number: number }) => {
  const isLive = useLive();
  const { run, error } = useRun(id, isLive);
  const job = run?.jobs[number - 1];
  const now = useNow(isLive && job !== undefined && !isOver(job.state));
  useAnnounce(job && `Job ${job.name}: ${lookWords(lookOf(job))}`);
  if (!run)
    return error ? html`<${RunNotFound} error=${error} />` : html`<h1 class="unseen">Job</h1><${Loading} what="job" />`;
  if (!job) {
    const back = formatAddress({ view: 'run', id });
    return html`<h1 class="unseen">Job</h1><${Empty} title="The run has no such job"><a href=${back}>Show the jobs of the run</a><//>`;
  }
  return html`
    <${JobHead} run=${run} job=${job} now=${now} />
    <${StaleNote} error=${error} />
    <${Log} job=${job} isLive=${isLive} />`;
};

const JobHead = ({ run, job, now }: { run: RunView; job: JobView; now: number }) => {
  const { id, name, startedAt, finishedAt, attempts, exitCode } = job;
  const created = secondsOf(run.createdAt) ?? now;
  const started = secondsOf(startedAt);
  return html`
    <div class="run-head">
      <p class="crumbs">
        <a href=${formatAddress({ view: 'runs', group: run.group })}>Runs of ${run.group}</a>
        <a href=${formatAddress({ view: 'run', id: run.id })}>Run <code>${run.id.slice(0, 8)}</code></a>
      </p>
      <div class="title-line">
        <h1>${name}</h1>
        <${StateBadge} look=${lookOf(job)} />
        <${CancelJob} run=${run} job=${job} />
      </div>
      <${Trouble} job=${job} />
      <dl class="facts">
        <div><dt>Job</dt><dd><code class="id">${id}</code></dd></div>
        ${started !== undefined && html`<div><dt>Started</dt><dd>${formatMoment(started)}</dd></div>`}
        ${started !== undefined && html`<div><dt>${finishedAt ? 'Took' : 'For'}</dt><dd>${formatDuration((secondsOf(finishedAt) ?? now) - started)}</dd></div>`}
        ${(attempts ?? 1) > 1 && html`<div><dt>Attempts</dt><dd>${attempts}</dd></div>`}
        ${exitCode !== undefined && html`<div><dt>Exit code</dt><dd>${exitCode}</dd></div>`}
        <${Needs} run=${run} job=${job} />
        <div><dt>Timeline</dt><dd>${describeSegments(segmentsOf(job, created, now)) || '–'}</dd></div>
      </dl>
      <${Result} job=${job} />
    </div>`;
};

/** The jobs that must succeed before this one starts. */
const Needs = ({ run, job: { needs = [] } }: { run: RunView; job: JobView }) => {
  if (needs.length === 0) return null;
  const links = needs.map((name) => {
    const number = run.jobs.findIndex((one) => one.name === name) + 1;
    // One that is not in the run succeeded in the run that this one repeats.
    return number > 0
      ? html`<a key=${name} href=${formatAddress({ view: 'job', id: run.id, number })}>${name}</a>`
      : name;
  });
  return html`<div><dt>Needs</dt><dd class="needs">${links}</dd></div>`;
};

/** What troubles the job: in words, then the cluster's own. */
const Trouble = ({ job }: { job: JobView }) => {
  const { reason, message } = job;
  if (!reason) return null;
  return html`
    <div class="trouble look-${lookOf(job)}">
      <p><strong>${REASONS[reason] ?? reason}</strong> <code>${reason}</code></p>
      ${message && html`<pre tabindex="0" aria-label="Message"><bdi>${printable(message)}</bdi></pre>`}
    </div>`;
};

const Result = ({ job: { result, resultTooLarge } }: { job: JobView }) => {
  if (resultTooLarge) return html`<p class="note">Its result was too large to keep.</p>`;
  if (result === undefined) return null;
  const text = typeof result === 'string' ? result : JSON.stringify(result, null, 2);
  return html`<div class="result"><h2>Result</h2><pre tabindex="0" aria-label="Result">${printable(text)}</pre></div>`;
};

const CancelJob = ({ run, job }: { run: RunView; job: JobView }) => {
  const session = useSession();
  const name = useStore(session.me)?.name ?? 'You';
  if (isOver(job.state)) return null;
  const forbidden = session.may('cancel', run.group) ? undefined : `${name} may not cancel runs of ${run.group}`;
  return html`
    <div class="actions" role="group" aria-label="Actions">
      <${AskButton}
        label="Cancel job"
        disabled=${forbidden}
        question=${{
          title: `Cancel ${job.name}?`,
          text: 'It is stopped. The other jobs of the run go on.',
          yes: 'Cancel job',
          isDangerous: true,
          act: () => session.calls.cancelJob(job.id),
        }}
      />
      ${forbidden && html`<span class="not-allowed">${forbidden}</span>`}
    </div>`;
};
