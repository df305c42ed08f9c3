import { type Http, send } from '../../client/http.ts';
import type { JobView } from '../../client/views.ts';

/** Saves all that is left of a job's log as a file. A link could not send the token. */
export async function downloadLog(http: Http, { id, name }: JobView): Promise<void> {
  const response = await send(http, `/status/${id}/logs`, {
    headers: { Accept: 'text/plain, application/json;q=0.9' },
  });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await response.blob());
  link.download = `${name}-${id}.log`;
  link.click();
  // Not at once: the browser begins the download a moment later.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
