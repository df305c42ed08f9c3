import { ApiError } from '../../client/http.ts';
import { connectionError } from '../../client/retry.ts';
import { ApiError as KubeError } from '../../kube/api-error.ts';

/** The error of a call of the API server, as the commands know it. For 403 it names the right that is missing. */
export function toServiceError(error: unknown, right: string): unknown {
  if (error instanceof KubeError) {
    const detail = error.code === 403 ? missingRight(right, error.message) : error.message;
    return new ApiError(error.code, { detail });
  }
  const { code, cause, message } = error as Error & { code?: string; cause?: Error };
  const isNetwork = code !== undefined || cause !== undefined || /had no answer within/.test(message);
  return isNetwork ? connectionError(cause?.message ?? message) : error;
}

export const missingRight = (right: string, said: string): string =>
  `You lack the right to ${right}. The API server says: ${said}`;
