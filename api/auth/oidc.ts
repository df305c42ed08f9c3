import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { ServiceUnavailable } from '../http/http-error.ts';
import { type Auth, bearerToken, INVALID_TOKEN, unauthorized } from './auth.ts';

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
  /** Whether config.yaml has a group of jobs with this name. */
  isDeclared: (group: string) => boolean;
  /** Of each request to the issuer, milliseconds. */
  fetchTimeoutMs?: number;
}

const FETCH_TIMEOUT_MS = 5000;
/** Tolerated difference between the issuer's clock and ours. */
const CLOCK_SKEW_SECONDS = 10;
const RETRY_AFTER_SECONDS = 5;
const ISSUER_UNREACHABLE = 'The issuer of the tokens cannot be reached right now. Try again.';
const unreachable = (error: unknown) => new ServiceUnavailable(RETRY_AFTER_SECONDS, error, ISSUER_UNREACHABLE);

/** Authentication by JWTs of an OpenID Connect provider. Authorization is left to each group's `allow`. */
export function oidcAuth(options: OidcOptions): Auth {
  const { issuer, audience, algorithm, nameClaim, groupsClaim, isDeclared } = options;
  let keys: Promise<JWTVerifyGetKey> | undefined;

  const verify = async (token: string): Promise<JWTPayload> => {
    keys ??= findKeys(options).catch((error) => {
      keys = undefined;
      throw unreachable(error);
    });
    const requirements = { issuer, audience, algorithms: [algorithm], requiredClaims: ['exp', nameClaim] };
    try {
      return (await jwtVerify(token, await keys, { ...requirements, clockTolerance: CLOCK_SKEW_SECONDS })).payload;
    } catch (error) {
      if (error instanceof errors.JWTExpired)
        throw unauthorized('Expected a token that is valid now, got one that has expired.');
      if (isInvalidToken(error)) throw unauthorized(INVALID_TOKEN);
      throw error instanceof ServiceUnavailable ? error : unreachable(error);
    }
  };

  return {
    async identify(request) {
      const claims = await verify(bearerToken(request));
      const name = claims[nameClaim];
      if (typeof name !== 'string' || name === '') throw unauthorized(INVALID_TOKEN);
      const groups = claims[groupsClaim];
      return { name, groups: Array.isArray(groups) ? groups.filter((group) => typeof group === 'string') : [] };
    },
    // Without its declaration a group's `allow` is unknown, so no caller may see or cancel its runs.
    allows: async (_caller, verb, group) => verb === 'create' || isDeclared(group),
  };
}

async function findKeys({ issuer, jwksUrl, fetchTimeoutMs = FETCH_TIMEOUT_MS }: OidcOptions): Promise<JWTVerifyGetKey> {
  const url = jwksUrl ?? (await discover(issuer, fetchTimeoutMs));
  return createRemoteJWKSet(new URL(url), { timeoutDuration: fetchTimeoutMs });
}

/** URL of the issuer's JWKS (OpenID Connect Discovery 1.0, 4). */
async function discover(issuer: string, timeoutMs: number): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' });
  if (!response.ok) throw new Error(`${url} was answered with ${response.status}`);
  const metadata = (await response.json()) as { issuer?: string; jwks_uri?: string };
  if (metadata.issuer !== issuer || !metadata.jwks_uri) throw new Error(`Expected at ${url} the issuer ${issuer}`);
  return metadata.jwks_uri;
}

/** Codes of jose's errors when it cannot fetch or parse the issuer's keys. */
const KEY_FETCH_ERRORS = ['ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID', 'ERR_JOSE_GENERIC'];

const isInvalidToken = (error: unknown): boolean =>
  error instanceof errors.JOSEError && !KEY_FETCH_ERRORS.includes(error.code);
