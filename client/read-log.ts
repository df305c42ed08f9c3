import { ApiError, type Http, send } from './http.ts';
import { pause } from './pause.ts';

export interface LogOptions {
  /** Goes on with what is written, until the job is over. */
  follow?: boolean | undefined;
  /** Only this many of the last lines. */
  tail?: number | undefined;
  /** Called with the header Log-May-Be-Cut. */
  onCut?: ((cut: string) => void) | undefined;
}

const RETRY_MS = 2_000;
/** So many connections in a row that broke before they brought anything new. */
const MAX_BREAKS = 10;

/**
 * The log of a job, in pieces of text. A followed log that breaks off is read again, and what was yielded before is left out. Throws
 * an ApiError, 410 if nothing is left of the log; a TypeError if the connection breaks and cannot be resumed.
 */
export async function* readLog(
  http: Http,
  jobId: string,
  { follow = false, tail, onCut }: LogOptions,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const query = new URLSearchParams({ follow: String(follow), ...(tail !== undefined && { tail: String(tail) }) });
  const path = `/status/${encodeURIComponent(jobId)}/logs?${query}`;
  const headers = { Accept: 'text/plain, application/json;q=0.9' };
  let yielded = 0;
  let breaks = 0;
  for (;;) {
    let read = 0;
    try {
      const response = await send(http, path, { headers, signal });
      const cut = response.headers.get('Log-May-Be-Cut');
      if (cut) onCut?.(cut);
      const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        const fresh = value.slice(Math.max(0, yielded - read));
        read += value.length;
        yielded = Math.max(yielded, read);
        if (fresh !== '') breaks = 0;
        if (fresh !== '') yield fresh;
      }
    } catch (error) {
      // The last lines of a log are others after a while, so a log with `tail` cannot be resumed.
      const mayResume = follow && tail === undefined && !(error instanceof ApiError) && ++breaks <= MAX_BREAKS;
      if (signal.aborted || !mayResume) throw error;
      await pause(RETRY_MS, signal);
      signal.throwIfAborted();
    }
  }
}
