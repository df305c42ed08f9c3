import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { API_GROUP } from '../../contract/group-run.ts';
import { ApiError } from '../../kube/api-error.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { Caller } from '../http/caller.ts';
import { clientNetwork } from '../http/client-network.ts';
import { HttpError, ServiceUnavailable } from '../http/http-error.ts';
import { RateLimit } from '../http/rate-limit.ts';
import { callKube } from '../runs/kube-call.ts';
import { AnswerCache } from './answer-cache.ts';
import { type Auth, bearerToken, INVALID_TOKEN, unauthorized } from './auth.ts';
import { ReviewBudget } from './review-budget.ts';

interface User {
  username: string;
  uid?: string;
  groups?: string[];
  extra?: Record<string, string[]>;
}

interface TokenReview {
  status: { authenticated?: boolean; user?: User; audiences?: string[] };
}

interface AccessReview {
  status: { allowed: boolean };
}

interface KubernetesCaller extends Caller {
  user: User;
}

const RETRY_AFTER_SECONDS = 2;
const MISSING_ROLE =
  'This service may not ask the cluster who calls: its service account needs the ClusterRole system:auth-delegator.';
/** A revoked token or a changed role still counts for `freshMs`; while the API server does not respond, for `staleMs`. */
const CACHE_TIMES = { freshMs: 10_000, staleMs: 300_000 };
/** A wrong token needs no review for so long. Not longer, because it can become valid: by its nbf, or a new audience. */
const WRONG_TOKENS = { max: 10_000, ttl: 10_000, perf: { now: () => performance.now() } };

/** Cached refusals of one caller that are asked again; beyond, a refusal counts for `freshMs`. So a new role works at once. */
const RECHECKS = { perSecond: 10, burst: 10 };
/** A resource that the API server does not serve, so a right on it is worth nothing there. */
const RESOURCE = 'groups';

const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64');

interface Options {
  client: Pick<KubeClient, 'request'>;
  namespace: string;
  /** A token must be for one of these; if empty, for the API server itself. */
  audiences: string[];
  /** Seconds since the API server last responded; 0 while it responds. */
  apiServerDownSeconds: () => number;
}

/**
 * Authentication by TokenReview, authorization by SubjectAccessReview of the resource `groups.async-api.dev`: create may trigger,
 * get see, patch cancel. A rule's resourceNames are names of groups of jobs.
 */
export function kubernetesAuth({ client, namespace, audiences, apiServerDownSeconds }: Options): Auth {
  const callers = new AnswerCache<KubernetesCaller>(CACHE_TIMES);
  // Apart from the callers, so that no number of wrong tokens drops a valid one.
  const wrongTokens = new LRUCache<string, true>(WRONG_TOKENS);
  const budget = new ReviewBudget();
  const rights = new AnswerCache<boolean>(CACHE_TIMES);
  const rechecks = new RateLimit(RECHECKS);

  const ask = <T>(path: string, body: object): Promise<T> => {
    // Fail at once, so that cached decisions are used without waiting for a timeout.
    if (apiServerDownSeconds() > 0)
      throw new ServiceUnavailable(RETRY_AFTER_SECONDS, `silent for ${apiServerDownSeconds()} s`);
    return callKube<T>(client, 'POST', path, { body }).catch((error) => {
      if (!(error instanceof ApiError && error.code === 403)) throw error;
      // Not ServiceUnavailable: this is no outage, so cached decisions must not be used.
      throw new HttpError(503, MISSING_ROLE, { headers: { 'Retry-After': String(RETRY_AFTER_SECONDS) } });
    });
  };

  const review = async (token: string): Promise<KubernetesCaller | undefined> => {
    const spec = { token, ...(audiences.length > 0 && { audiences }) };
    const path = '/apis/authentication.k8s.io/v1/tokenreviews';
    const { status } = await ask<TokenReview>(path, { spec });
    if (!status.authenticated || !status.user) return undefined;
    // An API server without support for audiences leaves the field out, and has not checked them.
    if (audiences.length > 0 && !status.audiences?.some((audience) => audiences.includes(audience))) return undefined;
    return { name: status.user.username, groups: status.user.groups ?? [], user: status.user };
  };

  return {
    async identify(request) {
      const token = bearerToken(request);
      const key = hashOf(token);
      if (wrongTokens.has(key)) throw unauthorized(INVALID_TOKEN);
      const turn = { address: clientNetwork(`${request.ip}`), wasValid: callers.has(key) };
      return callers.get(key, async () => {
        const caller = await budget.run(turn, () => review(token));
        if (caller) return caller;
        wrongTokens.set(key, true);
        callers.forget(key);
        throw unauthorized(INVALID_TOKEN);
      });
    },
    async allows(caller, verb, group, recheck = false) {
      const { username: user, ...details } = (caller as KubernetesCaller).user;
      const reviewAccess = async () => {
        const resourceAttributes = {
          namespace,
          verb,
          group: API_GROUP,
          resource: RESOURCE,
          ...(group !== undefined && { name: group }),
        };
        const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
        return (await ask<AccessReview>(path, { spec: { user, ...details, resourceAttributes } })).status.allowed;
      };
      const mayRecheck = (allowed: boolean) => recheck && !allowed && rechecks.tryTake(user);
      // Hashed: what tells of the user may be kilobytes, and thousands of keys are kept.
      const key = hashOf(JSON.stringify([user, details, verb, group]));
      return rights.get(key, reviewAccess, mayRecheck);
    },
  };
}
