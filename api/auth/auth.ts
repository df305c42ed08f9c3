import type { Request } from 'express';
import { ANONYMOUS, type Caller } from '../http/caller.ts';
import { HttpError } from '../http/http-error.ts';

/** Kubernetes verbs on groups of jobs: create to trigger or rerun, get to see, patch to cancel. */
export type Verb = 'create' | 'get' | 'patch';

export interface Auth {
  /** Authenticates the request. Throws an HttpError (401) if it has no valid credentials. */
  identify(request: Request): Promise<Caller>;
  /**
   * Whether the caller may use the verb on this group of config.yaml; without a group, on all groups, also those that it no longer
   * has. With `recheck`, a cached refusal is asked again, within a budget of the caller.
   */
  allows(caller: Caller, verb: Verb, group?: string, recheck?: boolean): Promise<boolean>;
}

/** AUTH=none: every caller is anonymous and may do everything. */
export const noAuth: Auth = { identify: async () => ANONYMOUS, allows: async () => true };

/** A 401 with the challenge that HTTP requires (RFC 9110, 11.6.1). */
export function unauthorized(sentence: string): HttpError {
  // RFC 6750, 3.1: no error code if the request has no token.
  const code = sentence === NO_TOKEN ? '' : ', error="invalid_token"';
  return new HttpError(401, sentence, { headers: { 'WWW-Authenticate': `Bearer realm="async-api"${code}` } });
}

const NO_TOKEN = 'Expected who you are: a header Authorization: Bearer <token>.';
export const INVALID_TOKEN = 'Expected a valid token, got one that is not.';

/** The token in the Authorization header field (RFC 6750, 2.1). Throws an HttpError (401) if there is none. */
export function bearerToken(request: Request): string {
  const header = request.get('authorization');
  if (header === undefined) throw unauthorized(NO_TOKEN);
  const [, token] = /^bearer +([A-Za-z0-9._~+/-]{1,16384}=*)$/i.exec(header) ?? [];
  if (token === undefined) throw unauthorized(INVALID_TOKEN);
  return token;
}
