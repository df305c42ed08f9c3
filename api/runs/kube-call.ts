import { ApiError } from '../../kube/api-error.ts';
import type { KubeClient, RequestOptions } from '../../kube/client.ts';
import { isAdmissionDenial } from '../../kube/denial.ts';
import { HttpError, ServiceUnavailable } from '../http/http-error.ts';

/** For the caller, if the API server's response has no Retry-After. */
const RETRY_AFTER_SECONDS = 2;
/** Of each attempt, and of all attempts together: after that, retrying is up to the caller. */
const ATTEMPT_TIMEOUT_MS = 4000;
const CALL_TIMEOUT_MS = 8000;
/** A quota has room again only when runs are deleted, which takes long. */
const QUOTA_RETRY_SECONDS = 60;

/**
 * Calls the API server for a request. The call may be sent twice: the caller handles the answer to a duplicate, such as
 * AlreadyExists. Throws ApiError if the API server, a policy or a webhook rejects the call, and ServiceUnavailable if the API server
 * does not respond, fails (5xx) or is overloaded (429).
 */
export async function callKube<T>(
  client: Pick<KubeClient, 'request'>,
  method: string,
  path: string,
  options: RequestOptions = {},
): Promise<T> {
  try {
    const signal = AbortSignal.timeout(CALL_TIMEOUT_MS);
    return await client.request<T>(method, path, {
      signal,
      timeoutMs: ATTEMPT_TIMEOUT_MS,
      idempotent: true,
      ...options,
    });
  } catch (error) {
    // Any error but an ApiError, such as a timeout or a reset, means that no response came.
    if (error instanceof ApiError && (isAdmissionDenial(error) || (error.code < 500 && error.code !== 429)))
      throw error;
    throw new ServiceUnavailable((error instanceof ApiError && error.retryAfterSeconds) || RETRY_AFTER_SECONDS, error);
  }
}

/**
 * The HttpError for a denial by a quota (429), an admission policy or a webhook (422), recognized by the API server's wording.
 * `denied` says what was denied, and that nothing came of it.
 */
export function clusterDenial(error: unknown, denied = 'this run, nothing was started'): HttpError | undefined {
  if (!(error instanceof ApiError)) return undefined;
  if (error.code === 403 && /exceeded quota|status unknown for quota/.test(error.message)) {
    const headers = { 'Retry-After': String(QUOTA_RETRY_SECONDS) };
    return new HttpError(429, 'The quota of the namespace has no room for one more run. Nothing was started.', {
      headers,
    });
  }
  if (!isAdmissionDenial(error)) return undefined;
  return new HttpError(422, `A policy of the cluster refuses ${denied}: ${error.message}`);
}
