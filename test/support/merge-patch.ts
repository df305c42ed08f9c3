import type { KubeClient } from '../../kube/client.ts';

/** Changes a stored object by JSON Merge Patch (RFC 7396), and returns it. */
export const mergePatch = <T = unknown>(client: KubeClient, path: string, body: object): Promise<T> =>
  client.request<T>('PATCH', path, { body, contentType: 'application/merge-patch+json' });
