import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { ServiceUnavailable } from '../http/http-error.ts';
import { type Auth, bearerToken, INVALID, unauthorized } from './auth.ts';

export interface OidcOptions {
  issuer: string;
  audience: string;
  /** The one algorithm that counts, whatever a token says of itself. */
  algorithm: string;
  /** Where the issuer's keys are; by discovery where not given. */
  jwksUrl?: string | undefined;
  /** Which claim names the caller, and which their groups. */
  nameClaim: string;
  groupsClaim: string;
  /** Whether the configuration has a group of jobs of this name. */
  isDeclared: (group: string) => boolean;
}

const FETCH_MS = 5000;
/** How far the clocks of the issuer and of this machine may be apart. */
const CLOCK_SECONDS = 10;
const RETRY_AFTER_SECONDS = 5;
const NO_ISSUER = 'The issuer of the tokens cannot be reached right now. Try again.';
const unreachable = (error: unknown) => new ServiceUnavailable(RETRY_AFTER_SECONDS, error, NO_ISSUER);

/** Tokens of an OpenID Connect provider. What a caller may do is left to the groups' own `allow`. */
export function oidcAuth(options: OidcOptions): Auth {
  const { issuer, audience, algorithm, nameClaim, groupsClaim, isDeclared } = options;
  let keys: Promise<JWTVerifyGetKey> | undefined;

  const verify = async (token: string): Promise<JWTPayload> => {
    keys ??= findKeys(options).catch((error) => {
      keys = undefined;
      throw unreachable(error);
    });
    const rules = { issuer, audience, algorithms: [algorithm], requiredClaims: ['exp', nameClaim] };
    try {
      return (await jwtVerify(token, await keys, { ...rules, clockTolerance: CLOCK_SECONDS })).payload;
    } catch (error) {
      if (error instanceof errors.JWTExpired)
        throw unauthorized('Expected a token that is valid now, got one that has expired.');
      if (isTokensFault(error)) throw unauthorized(INVALID);
      throw error instanceof ServiceUnavailable ? error : unreachable(error);
    }
  };

  return {
    async identify(request) {
      const claims = await verify(bearerToken(request));
      const name = claims[nameClaim];
      if (typeof name !== 'string' || name === '') throw unauthorized(INVALID);
      const groups = claims[groupsClaim];
      return { name, groups: Array.isArray(groups) ? groups.filter((group) => typeof group === 'string') : [] };
    },
    // Of a group that is no longer declared nobody knows whom its runs were for.
    allows: async (_caller, verb, group) => verb === 'create' || isDeclared(group),
  };
}

async function findKeys({ issuer, jwksUrl }: OidcOptions): Promise<JWTVerifyGetKey> {
  return createRemoteJWKSet(new URL(jwksUrl ?? (await discover(issuer))), { timeoutDuration: FETCH_MS });
}

/** OpenID Connect Discovery 1.0, 4. */
async function discover(issuer: string): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_MS), redirect: 'error' });
  if (!response.ok) throw new Error(`${url} was answered with ${response.status}`);
  const found = (await response.json()) as { issuer?: string; jwks_uri?: string };
  if (found.issuer !== issuer || !found.jwks_uri) throw new Error(`Expected at ${url} the issuer ${issuer}`);
  return found.jwks_uri;
}

/** What jose throws where the issuer's keys cannot be had. */
const ISSUERS_FAULT = ['ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID', 'ERR_JOSE_GENERIC'];

const isTokensFault = (error: unknown): boolean =>
  error instanceof errors.JOSEError && !ISSUERS_FAULT.includes(error.code);
