import { useMemo } from 'preact/hooks';
import { jobNumberOf } from '../../client/calls.ts';
import { printable } from '../../client/printable.ts';
import type { JobView, RunView } from '../../client/views.ts';
import { formatAddress } from '../model/address.ts';
import { type Axis, axisOf, describeSegments, place, segmentsOf, ticksOf } from '../model/axis.ts';
import { troubleOf } from '../model/reasons.ts';
import { isOver, lookOf, lookWords } from '../model/states.ts';
import { formatDuration, secondsOf } from '../model/time.ts';
import { html } from '../parts/html.ts';
import { StateIcon } from '../parts/state-icon.ts';
import { useMedia } from '../state/use-media.ts';
import { pixelsOfRem, useWindow } from '../state/use-window.ts';

/** The style sheet has the same heights, in rem. */
const HEIGHT = { wide: { plain: 2.25, trouble: 3.5 }, narrow: { plain: 3.5, trouble: 4.75 } };

const percent = (part: number): string => `${(part * 100).toFixed(3)}%`;

/** One row a job on a common time axis. Only rows in sight are in the document. */
export const JobRows = ({ run, jobs, now }: { run: RunView; jobs: readonly JobView[]; now: number }) => {
  const isNarrow = useMedia('(max-width: 44rem)');
  const rem = pixelsOfRem();
  const heights = useMemo(() => {
    const { plain, trouble } = HEIGHT[isNarrow ? 'narrow' : 'wide'];
    return jobs.map((job) => (troubleOf(job) ? trouble : plain) * rem);
  }, [jobs, isNarrow, rem]);
  const { list, slice } = useWindow(heights);
  const axis = axisOf(run, now);
  return html`
    <div class="table jobs" role="table" aria-label="Jobs" aria-rowcount=${jobs.length + 1}>
      <div role="rowgroup" class="table-head">
        <div role="row" aria-rowindex="1">
          <span role="columnheader">Job</span>
          <span role="columnheader" class="axis-head"><span class="unseen">Time since the run was created</span><${Ticks} axis=${axis} most=${isNarrow ? 3 : 6} /></span>
          <span role="columnheader" class="cell-took">Took</span>
        </div>
      </div>
      <${GridLines} axis=${axis} most=${isNarrow ? 3 : 6} />
      <div role="rowgroup" class="job-list" ref=${list} style=${{ paddingTop: `${slice.above}px`, paddingBottom: `${slice.below}px` }}>
        ${jobs
          .slice(slice.first, slice.end)
          .map(
            (job, index) =>
              html`<${JobRow} key=${job.id} run=${run} job=${job} axis=${axis} index=${slice.first + index + 2} now=${now} />`,
          )}
      </div>
    </div>
    <${Legend} />`;
};

const Ticks = ({ axis, most }: { axis: Axis; most: number }) => html`
  <span class="ticks" aria-hidden="true">
    <span class="tick">0</span>
    ${ticksOf(axis, most).map(({ at, label }) => html`<span key=${label} class="tick" style=${{ left: percent(at) }}>${label}</span>`)}
  </span>`;

/** The ticks as lines behind the bars. */
const GridLines = ({ axis, most }: { axis: Axis; most: number }) => html`
  <div class="grid-lines" aria-hidden="true">
    <span>${ticksOf(axis, most).map(({ at, label }) => html`<i key=${label} style=${{ left: percent(at) }}></i>`)}</span>
  </div>`;

interface RowProps {
  run: RunView;
  job: JobView;
  axis: Axis;
  index: number;
  now: number;
}

const JobRow = ({ run, job, axis, index, now }: RowProps) => {
  const created = secondsOf(run.createdAt) ?? now;
  const look = lookOf(job);
  const trouble = troubleOf(job);
  const segments = segmentsOf(job, created, now);
  const started = secondsOf(job.startedAt);
  const end = secondsOf(job.finishedAt);
  const attempts = job.attempts ?? 1;
  return html`
    <div role="row" aria-rowindex=${index} class=${`row${trouble ? ' has-trouble' : ''}`}>
      <span role="cell" class="cell-job">
        <${StateIcon} look=${look} /><span class="unseen">${lookWords(look)}</span>
        <a class="row-link" href=${formatAddress({ view: 'job', id: run.id, number: jobNumberOf(job.id) })}>${job.name}</a>
        ${attempts > 1 && html`<span class="attempts" title=${`${attempts} attempts`}>×${attempts}<span class="unseen"> attempts</span></span>`}
      </span>
      <span role="cell" class="cell-axis">
        <span class="unseen">${describeSegments(segments)}</span>
        <span class="track" aria-hidden="true">
          ${segments.map(({ phase, from, to }) => {
            const [left, right] = [place(axis, from), place(axis, to)];
            const isLast = to === end || (!isOver(job.state) && to >= now);
            return html`<span
              key=${phase}
              class=${`bar is-${phase}${isLast ? ` look-${look}` : ''}`}
              style=${{ left: percent(left), width: percent(right - left) }}
            ></span>`;
          })}
          ${end !== undefined && html`<span class=${`end look-${look}`} style=${{ left: percent(place(axis, end)) }}></span>`}
        </span>
      </span>
      <span role="cell" class="cell-took">${started !== undefined ? formatDuration((end ?? now) - started) : ''}</span>
      ${trouble && html`<span role="cell" class=${`cell-trouble look-${look}`} title=${printable(trouble)}><bdi>${printable(trouble)}</bdi></span>`}
    </div>`;
};

const Legend = () => html`
  <ul class="legend" aria-hidden="true">
    ${(['waiting', 'starting', 'blocked', 'running', 'retrying'] as const).map(
      (phase) =>
        html`<li key=${phase}><span class="bar is-${phase}"></span>${phase === 'starting' ? 'pod starting' : phase}</li>`,
    )}
  </ul>`;
