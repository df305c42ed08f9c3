import { useMemo } from 'preact/hooks';
import type { RunSummary } from '../../client/views.ts';
import { formatAddress } from '../model/address.ts';
import { isOver, lookOf } from '../model/states.ts';
import { formatDuration, secondsOf } from '../model/time.ts';
import { html } from '../parts/html.ts';
import { Ago, CountsBar, Parameters, StateBadge } from '../parts/small.ts';
import { useMedia } from '../state/use-media.ts';
import { pixelsOfRem, useWindow } from '../state/use-window.ts';

/** The style sheet has the same heights, in rem. */
const HEIGHT = { wide: 2.75, narrow: 5.25 };

/** The list of runs. Only rows in sight are in the document. */
export const RunRows = ({ runs, now }: { runs: readonly RunSummary[]; now: number }) => {
  const isNarrow = useMedia('(max-width: 44rem)');
  const height = (isNarrow ? HEIGHT.narrow : HEIGHT.wide) * pixelsOfRem();
  const heights = useMemo(() => runs.map(() => height), [runs.length, height]);
  const { list, slice } = useWindow(heights);
  return html`
    <div class="table runs" role="table" aria-label="Runs" aria-rowcount=${runs.length + 1}>
      <div role="rowgroup" class="table-head">
        <div role="row" aria-rowindex="1">
          ${['State', 'Group', 'Run', 'Jobs', 'Created', 'Took'].map(
            (title) => html`<span key=${title} role="columnheader">${title}</span>`,
          )}
        </div>
      </div>
      <div role="rowgroup" ref=${list} style=${{ paddingTop: `${slice.above}px`, paddingBottom: `${slice.below}px` }}>
        ${runs
          .slice(slice.first, slice.end)
          .map(
            (run, index) => html`<${RunRow} key=${run.id} run=${run} index=${slice.first + index + 2} now=${now} />`,
          )}
      </div>
    </div>`;
};

const RunRow = ({ run, index, now }: { run: RunSummary; index: number; now: number }) => {
  const { id, group, state, counts, createdAt, finishedAt, parameters } = run;
  const took = (secondsOf(finishedAt) ?? now) - (secondsOf(createdAt) ?? now);
  return html`
    <div role="row" aria-rowindex=${index} class="row">
      <span role="cell" class="cell-state"><${StateBadge} look=${lookOf({ state })} /></span>
      <span role="cell" class="cell-group">
        <a class="row-link" href=${formatAddress({ view: 'run', id })}>${group}</a>
        <${Parameters} parameters=${parameters} />
      </span>
      <span role="cell" class="cell-id"><code title=${id}>${id.slice(0, 8)}</code></span>
      <span role="cell" class="cell-counts"><${CountsBar} counts=${counts} /></span>
      <span role="cell" class="cell-created"><${Ago} time=${createdAt} now=${now} /></span>
      <span role="cell" class="cell-took">${isOver(state) || took > 0 ? formatDuration(took) : ''}</span>
    </div>`;
};
