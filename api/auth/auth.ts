import type { Request } from 'express';
import { ANONYMOUS, type Caller } from '../http/caller.ts';
import { HttpError } from '../http/http-error.ts';

/** Kubernetes' verbs on GroupRuns: to trigger or repeat, to read, to cancel. */
export type Verb = 'create' | 'get' | 'patch';

export interface Auth {
  /** Throws an HttpError (401) where the request does not say who sends it. */
  identify(request: Request): Promise<Caller>;
  /** Whether the caller may do that with runs of this group of jobs. */
  allows(caller: Caller, verb: Verb, group: string): Promise<boolean>;
}

/** Everybody may do everything. */
export const noAuth: Auth = { identify: async () => ANONYMOUS, allows: async () => true };

export function unauthorized(sentence: string): HttpError {
  // RFC 6750, 3: no error code where there was no token at all.
  const code = sentence === NO_TOKEN ? '' : ', error="invalid_token"';
  return new HttpError(401, sentence, { headers: { 'WWW-Authenticate': `Bearer realm="async-api"${code}` } });
}

const NO_TOKEN = 'Expected who you are: a header Authorization: Bearer <token>.';
export const INVALID = 'Expected a valid token, got one that is not.';

/** The token of an Authorization header (RFC 6750, 2.1). Throws an HttpError (401) where there is none. */
export function bearerToken(request: Request): string {
  const header = request.get('authorization');
  if (header === undefined) throw unauthorized(NO_TOKEN);
  const [, token] = /^bearer +([A-Za-z0-9._~+/-]{1,16384}=*)$/i.exec(header) ?? [];
  if (token === undefined) throw unauthorized(INVALID);
  return token;
}
