import { ApiError } from './api-error.ts';
import type { KubeClient } from './client.ts';

interface Page<T> {
  metadata: { resourceVersion: string; continue?: string };
  items?: T[];
}

/** client-go takes 500. A run may be a megabyte, and a page is read in one piece. */
const PAGE = 100;
const LIST_MS = 60_000;

/** Whether going on from the version at hand is hopeless: it is too old (410), or newer than the server's (a restored etcd). */
export const isVersionUnavailable = (error: unknown): boolean =>
  error instanceof ApiError &&
  (error.code === 410 ||
    error.causes.includes('ResourceVersionTooLarge') ||
    /too large resource version/i.test(error.message));

/** Reads a collection page by page; in one piece after a page's token was too old, since the next try's may be as well. */
export class PagedList<T> {
  readonly #client: Pick<KubeClient, 'request'>;
  readonly #path: string;
  #unpaged = false;

  constructor(client: Pick<KubeClient, 'request'>, path: string) {
    this.#client = client;
    this.#path = path;
  }

  /** Hands each object to `each`; returns the version from which a watch goes on. Throws what a page throws. */
  async read(
    selectors: Record<string, string | undefined>,
    each: (item: T) => void,
    signal: AbortSignal,
  ): Promise<string> {
    let token: string | undefined;
    let version: string;
    do {
      const page = await this.#page({ ...selectors, continue: token }, signal);
      for (const item of page.items ?? []) each(item);
      token = page.metadata.continue || undefined;
      version = page.metadata.resourceVersion;
    } while (token !== undefined);
    this.#unpaged = false;
    return version;
  }

  async #page(query: Record<string, string | undefined>, signal: AbortSignal): Promise<Page<T>> {
    const limit = this.#unpaged ? undefined : PAGE;
    try {
      return await this.#client.request('GET', this.#path, { query: { limit, ...query }, signal, timeoutMs: LIST_MS });
    } catch (error) {
      if (query.continue !== undefined && isVersionUnavailable(error)) this.#unpaged = true;
      throw error;
    }
  }
}
