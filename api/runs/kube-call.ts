import { ApiError } from '../../kube/api-error.ts';
import type { KubeClient, RequestOptions } from '../../kube/client.ts';
import { HttpError, ServiceUnavailable } from '../http/http-error.ts';

/** What a caller is told to wait where the API server says nothing else. */
const RETRY_AFTER_SECONDS = 2;
/** For each try, and for all tries together: a caller is not to wait for longer than it takes to ask again. */
const TRY_MS = 4000;
const CALL_MS = 8000;
/** A quota has room again when runs are deleted, which takes long. */
const QUOTA_RETRY_SECONDS = 60;

/**
 * One call to the API server for a request at hand; it may be sent twice, so it must do no more then than once. Throws
 * ApiError where the API server refuses it, and ServiceUnavailable where it has no answer or has too much to do.
 */
export async function callKube<T>(
  client: Pick<KubeClient, 'request'>,
  method: string,
  path: string,
  options: RequestOptions = {},
): Promise<T> {
  try {
    const signal = AbortSignal.timeout(CALL_MS);
    return await client.request<T>(method, path, { signal, timeoutMs: TRY_MS, idempotent: true, ...options });
  } catch (error) {
    // Whatever is no answer of the API server means that it gave none.
    if (error instanceof ApiError && error.code < 500 && error.code !== 429) throw error;
    throw new ServiceUnavailable((error instanceof ApiError && error.retryAfterSeconds) || RETRY_AFTER_SECONDS, error);
  }
}

/** The refusal in what the API server threw: what those who run the cluster do not want, as it words that (admission plugins, webhooks). */
export function clusterDenial(error: unknown): HttpError | undefined {
  if (!(error instanceof ApiError)) return undefined;
  if (error.code === 403 && /exceeded quota|status unknown for quota/.test(error.message)) {
    const headers = { 'Retry-After': String(QUOTA_RETRY_SECONDS) };
    return new HttpError(429, 'The quota of the namespace has no room for one more run. Nothing was started.', {
      headers,
    });
  }
  if (error.code < 500 && /denied (the )?request/.test(error.message)) {
    return new HttpError(422, `A policy of the cluster refuses this run, nothing was started: ${error.message}`);
  }
  return undefined;
}
