import { useMemo } from 'preact/hooks';
import type { RunsAddress } from '../model/address.ts';
import { canReadOn, countRuns, matchingRuns } from '../model/run-list.ts';
import { html } from '../parts/html.ts';
import { Empty, ErrorBox, Loading, StaleNote } from '../parts/small.ts';
import { useLive } from '../state/use-live.ts';
import { useNow } from '../state/use-now.ts';
import { useReadOn } from '../state/use-read-on.ts';
import { useRuns } from '../state/use-runs.ts';
import { RunFilters } from './run-filters.ts';
import { RunRows } from './run-rows.ts';

/** Every run that the caller may see, newest first. */
export const Runs = ({ address }: { address: RunsAddress }) => {
  const isLive = useLive();
  const now = useNow(isLive);
  const { runs, oldest, next, isLoaded, error, readOn } = useRuns(address, isLive);
  // Once a minute is often enough for what falls out of a period.
  const minute = Math.floor(now / 60) * 60;
  const shown = useMemo(() => matchingRuns(runs, address, minute, oldest), [runs, minute, oldest, location.hash]);
  const counts = useMemo(() => countRuns(runs, address, minute, oldest), [runs, minute, oldest, location.hash]);
  const hasMore = next !== undefined && canReadOn(oldest, address, now);
  const isReading = useReadOn(hasMore && Boolean(address.id || address.since) && shown.length < 50, next, readOn);
  return html`
    <div class="page-head">
      <h1 class="unseen">Runs</h1>
      <${RunFilters} address=${address} counts=${address.state ? undefined : counts} isWhole=${next === undefined} />
    </div>
    ${shown.length > 0 && html`<${StaleNote} error=${error} />`}
    ${
      shown.length > 0
        ? html`<${RunRows} runs=${shown} now=${now} />`
        : isLoaded && !isReading
          ? html`<${NoRuns} address=${address} />`
          : error
            ? html`<${ErrorBox} error=${error} />`
            : html`<${Loading} what="runs" />`
    }
    ${
      hasMore &&
      shown.length > 0 &&
      html`<p class="more"><button type="button" onClick=${readOn} disabled=${isReading}>Show older runs</button></p>`
    }`;
};

const NoRuns = ({ address: { group, state, since, id } }: { address: RunsAddress }) =>
  group || state || since || id
    ? html`<${Empty} title="No run matches"><a href="#/runs">Show all runs</a><//>`
    : html`<${Empty} title="No runs yet">Trigger one of the <a href="#/groups">groups</a>, and it appears here.<//>`;
