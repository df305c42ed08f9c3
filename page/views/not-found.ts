import { ApiError } from '../../client/http.ts';
import { html } from '../parts/html.ts';
import { Empty, ErrorBox } from '../parts/small.ts';

/** In place of a run or job that cannot be shown. */
export const RunNotFound = ({ error }: { error: Error }) => html`<h1 class="unseen">Run</h1><${Why} error=${error} />`;

const Why = ({ error }: { error: Error }) =>
  error instanceof ApiError && error.status === 404
    ? html`<${Empty} title="There is no such run">It may have expired: finished runs are kept for some time. <a href="#/runs">Show all runs</a><//>`
    : html`<${ErrorBox} error=${error} />`;
