import { createHash } from 'node:crypto';
import { API_GROUP, PLURAL } from '../../contract/group-run.ts';
import { ApiError } from '../../kube/api-error.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { Caller } from '../http/caller.ts';
import { HttpError, ServiceUnavailable } from '../http/http-error.ts';
import { callKube } from '../runs/kube-call.ts';
import { type Auth, bearerToken, INVALID, unauthorized } from './auth.ts';
import { Decisions } from './decisions.ts';

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
const MAY_NOT_ASK =
  'This service may not ask the cluster who calls: its service account needs the ClusterRole system:auth-delegator.';
/** So long a token that was revoked, or a role that was changed, still counts; in an outage the second. */
const KEPT = { freshMs: 10_000, staleMs: 300_000 };

interface Options {
  client: Pick<KubeClient, 'request'>;
  namespace: string;
  /** One of which a token must be for; any that the API server takes for itself where there are none. */
  audiences: string[];
  /** For how long the API server has not answered; 0 where it does. */
  apiServerDownSeconds: () => number;
}

/**
 * The cluster's own tokens and roles. Whoever may create GroupRuns may trigger, who may get them may read, who may patch them
 * may cancel. A role that has names (resourceNames) is for the groups of jobs that are called so.
 */
export function kubernetesAuth({ client, namespace, audiences, apiServerDownSeconds }: Options): Auth {
  const callers = new Decisions<KubernetesCaller | undefined>(KEPT);
  const rights = new Decisions<boolean>(KEPT);

  const ask = <T>(path: string, body: object): Promise<T> => {
    // Every request would wait for an answer that does not come, before what was known is used.
    if (apiServerDownSeconds() > 0)
      throw new ServiceUnavailable(RETRY_AFTER_SECONDS, `silent for ${apiServerDownSeconds()} s`);
    return callKube<T>(client, 'POST', path, { body }).catch((error) => {
      if (!(error instanceof ApiError && error.code === 403)) throw error;
      // No outage, in which what was known would still count.
      throw new HttpError(503, MAY_NOT_ASK, { headers: { 'Retry-After': String(RETRY_AFTER_SECONDS) } });
    });
  };

  const review = async (token: string): Promise<KubernetesCaller | undefined> => {
    const spec = { token, ...(audiences.length > 0 && { audiences }) };
    const path = '/apis/authentication.k8s.io/v1/tokenreviews';
    const { status } = await ask<TokenReview>(path, { spec });
    if (!status.authenticated || !status.user) return undefined;
    // A server that knows nothing of audiences says nothing of them, and has not looked at them.
    if (audiences.length > 0 && !status.audiences?.some((audience) => audiences.includes(audience))) return undefined;
    return { name: status.user.username, groups: status.user.groups ?? [], user: status.user };
  };

  return {
    async identify(request) {
      const token = bearerToken(request);
      const key = createHash('sha256').update(token).digest('base64');
      const caller = await callers.get(key, () => review(token));
      if (!caller) throw unauthorized(INVALID);
      return caller;
    },
    async allows(caller, verb, group) {
      const { username: user, ...about } = (caller as KubernetesCaller).user;
      return rights.get(JSON.stringify([user, about, verb, group]), async () => {
        const resourceAttributes = { namespace, verb, group: API_GROUP, resource: PLURAL, name: group };
        const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
        return (await ask<AccessReview>(path, { spec: { user, ...about, resourceAttributes } })).status.allowed;
      });
    },
  };
}
