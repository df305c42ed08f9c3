import type { KubeClient, RequestOptions } from '../../kube/client.ts';

/** Changes a stored object by JSON Merge Patch (RFC 7396), and returns it. */
export const mergePatch = <T = unknown>(
  client: KubeClient,
  path: string,
  body: object,
  query: RequestOptions['query'] = {},
): Promise<T> => client.request<T>('PATCH', path, { body, query, contentType: 'application/merge-patch+json' });
