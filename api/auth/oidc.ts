import { createRemoteJWKSet, customFetch, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { Context } from '../http/context.ts';
import { HttpError, ServiceUnavailable } from '../http/http-error.ts';
import { type Auth, bearerToken, INVALID_TOKEN, unauthorized } from './auth.ts';
import { pausingFetch } from './issuer-fetch.ts';

export interface OidcOptions {
  issuer: string;
  audience: string;
  /** The only accepted algorithm, whatever `alg` the token names. */
  algorithm: string;
  /** URL of the issuer's JWKS; found by discovery if undefined. */
  jwksUrl?: string | undefined;
  /** The claims that hold the caller's name and groups. */
  nameClaim: string;
  groupsClaim: string;
  log: Context['log'];
  /** Of each request to the issuer, milliseconds. */
  fetchTimeoutMs?: number;
  /** Milliseconds of a clock that never jumps. */
  now?: () => number;
}

const FETCH_TIMEOUT_MS = 5000;
/** Tolerated difference between the issuer's clock and ours. */
const CLOCK_SKEW_SECONDS = 10;
const RETRY_AFTER_SECONDS = 5;
/** Between a failed request to the issuer and the next. */
const PAUSE_MS = 1000;
const ISSUER_UNREACHABLE = 'The issuer of the tokens cannot be reached right now. Try again.';
/** Types of access tokens (RFC 9068, 4; RFC 7519, 5.1), in lower case. Other types, such as logout+jwt, serve another purpose. */
const TOKEN_TYPES = ['at+jwt', 'application/at+jwt', 'jwt'];
const WRONG_TYPE = 'Expected an access token (typ at+jwt or JWT, or none), got a token of another type.';
const UNVERIFIED_EMAIL = 'Expected a token with email_verified: true, since the email is the name of the caller.';
const unreachable = (error: unknown) => new ServiceUnavailable(RETRY_AFTER_SECONDS, error, ISSUER_UNREACHABLE);

/** Authentication by JWTs of an OpenID Connect provider. Authorization is left to each group's `allow`. */
export function oidcAuth(options: OidcOptions): Auth {
  const { issuer, audience, algorithm, nameClaim, groupsClaim, log } = options;
  const fetchFromIssuer = pausingFetch(PAUSE_MS, options.now);
  let hasLoggedGroups = false;
  let keys: Promise<JWTVerifyGetKey> | undefined;

  const verify = async (token: string): Promise<JWTPayload> => {
    keys ??= findKeys(options, fetchFromIssuer).catch((error) => {
      keys = undefined;
      throw unreachable(error);
    });
    const requirements = { issuer, audience, algorithms: [algorithm], requiredClaims: ['exp', nameClaim] };
    try {
      const verified = await jwtVerify(token, await keys, { ...requirements, clockTolerance: CLOCK_SKEW_SECONDS });
      const { typ = 'JWT' } = verified.protectedHeader;
      if (!TOKEN_TYPES.includes(String(typ).toLowerCase())) throw unauthorized(WRONG_TYPE);
      return verified.payload;
    } catch (error) {
      if (error instanceof errors.JWTExpired)
        throw unauthorized('Expected a token that is valid now, got one that has expired.');
      if (isInvalidToken(error)) throw unauthorized(INVALID_TOKEN);
      throw error instanceof ServiceUnavailable || error instanceof HttpError ? error : unreachable(error);
    }
  };

  const groupsOf = (groups: unknown): string[] => {
    const texts = Array.isArray(groups) ? groups.filter((group) => typeof group === 'string') : [];
    const isList = Array.isArray(groups) && texts.length === groups.length;
    if (groups !== undefined && !isList && !hasLoggedGroups) {
      hasLoggedGroups = true;
      log('groups of a token ignored: expected a list of strings', { claim: groupsClaim }, 'warn');
    }
    return texts;
  };

  return {
    async identify(request) {
      const claims = await verify(bearerToken(request));
      const name = claims[nameClaim];
      if (typeof name !== 'string' || name === '')
        throw unauthorized(`Expected a token whose claim ${nameClaim} is a text that is not empty.`);
      // Anyone may enter any address at many providers (OpenID Connect Core 1.0, 5.1).
      if (nameClaim === 'email' && claims.email_verified !== true) throw unauthorized(UNVERIFIED_EMAIL);
      return { name, groups: groupsOf(claims[groupsClaim]) };
    },
    // Nobody sees runs of a group that config.yaml no longer has. A trigger of an unknown name is 404 for everybody.
    allows: async (_caller, verb, group) => verb === 'create' || group !== undefined,
  };
}

async function findKeys(options: OidcOptions, fetchFromIssuer: typeof fetch): Promise<JWTVerifyGetKey> {
  const { issuer, jwksUrl, fetchTimeoutMs = FETCH_TIMEOUT_MS } = options;
  const url = jwksUrl ?? (await discover(issuer, fetchTimeoutMs, fetchFromIssuer));
  return createRemoteJWKSet(new URL(url), { timeoutDuration: fetchTimeoutMs, [customFetch]: fetchFromIssuer });
}

/** URL of the issuer's JWKS (OpenID Connect Discovery 1.0, 4). */
async function discover(issuer: string, timeoutMs: number, fetchFromIssuer: typeof fetch): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const response = await fetchFromIssuer(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' });
  const metadata = (await response.json()) as { issuer?: string; jwks_uri?: string };
  if (metadata.issuer !== issuer || !metadata.jwks_uri) throw new Error(`Expected at ${url} the issuer ${issuer}`);
  return metadata.jwks_uri;
}

/** Codes of jose's errors when it cannot fetch or parse the issuer's keys. */
const KEY_FETCH_ERRORS = ['ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID', 'ERR_JOSE_GENERIC'];

const isInvalidToken = (error: unknown): boolean =>
  error instanceof errors.JOSEError && !KEY_FETCH_ERRORS.includes(error.code);
