import { printable } from '../../client/printable.ts';
import type { RunSummary } from '../../client/views.ts';
import { describeCounts, type Look, lookWords, partsOf, totalOf } from '../model/states.ts';
import { formatAgo, formatMoment, secondsOf } from '../model/time.ts';
import { html } from './html.ts';
import { StateIcon } from './state-icon.ts';

/** A state as shape and word. */
export const StateBadge = ({ look }: { look: Look }) =>
  html`<span class="badge look-${look}"><${StateIcon} look=${look} />${lookWords(look)}</span>`;

/** How long ago a time was; the moment itself on hovering. */
export const Ago = ({ time, now }: { time: string; now: number }) => {
  const seconds = secondsOf(time) ?? now;
  return html`<time datetime=${time} title=${formatMoment(seconds)}>${formatAgo(now - seconds)}</time>`;
};

/** How many jobs of a run are in each state, as one bar and in words. */
export const CountsBar = ({ counts }: { counts: RunSummary['counts'] }) => html`
  <span class="counts" title=${describeCounts(counts)}>
    <span class="counts-bar" aria-hidden="true">
      ${partsOf(counts).map(
        ({ look, count }) => html`<span key=${look} class="part look-${look}" style=${{ flexGrow: count }}></span>`,
      )}
    </span>
    <span class="counts-text" aria-hidden="true">${counts.success}/${totalOf(counts)}</span>
    <span class="unseen">${describeCounts(counts)}</span>
  </span>`;

/** Names and values of parameters, cut to one line. */
export const Parameters = ({ parameters = {} }: { parameters: Record<string, string> | undefined }) => {
  const entries = Object.entries(parameters);
  if (entries.length === 0) return null;
  return html`<span class="parameters">
    ${entries.map(
      ([name, value]) => html`<span key=${name} class="parameter"><i>${name}</i> <bdi>${printable(value)}</bdi></span>`,
    )}
  </span>`;
};

/** What is wrong, one line each. */
export const Problems = ({
  problems,
}: {
  problems: readonly { path: string; line?: number; message: string }[];
}) => html`
  <ul class="problems">
    ${problems.map(
      ({ path, line, message }) => html`<li>
        <code>${printable(path)}</code>${line !== undefined && html` <span class="line">line ${line}</span>`}
        <bdi>${printable(message)}</bdi>
      </li>`,
    )}
  </ul>`;

/** A page without content, with the reason. */
export const Empty = ({ title, children }: { title: string; children?: unknown }) =>
  html`<div class="empty"><p class="empty-title">${title}</p>${children && html`<p>${children}</p>`}</div>`;

/** What went wrong with a call. */
export const ErrorBox = ({ error }: { error: Error }) =>
  html`<p class="error-box" role="alert">${errorTitle(error)}</p>`;

/** Above a view that shows what it knew before. That there is no connection the bar on top says. */
export const StaleNote = ({ error }: { error: Error | undefined }) =>
  error && !(error instanceof TypeError) ? html`<${ErrorBox} error=${error} />` : null;

export const errorTitle = (error: Error): string =>
  error instanceof TypeError ? 'The service does not answer. Trying again …' : printable(error.message);

/** While the first answer is awaited. Shown a moment later, so that a quick answer does not flicker. */
export const Loading = ({ what }: { what: string }) => html`<p class="loading" role="status">Loading ${what} …</p>`;
