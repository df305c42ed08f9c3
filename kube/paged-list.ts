import { ApiError } from './api-error.ts';
import type { KubeClient } from './client.ts';

interface Page<T> {
  metadata: { resourceVersion: string; continue?: string };
  items?: T[];
}

/** Objects per page. Less than client-go's 500: a page is parsed in memory. */
const PAGE_SIZE = 100;
const LIST_MS = 60_000;

/** Whether the API server cannot continue from our resourceVersion: expired (410), or newer than its own (etcd was restored). */
export const isVersionUnavailable = (error: unknown): boolean =>
  error instanceof ApiError &&
  (error.code === 410 ||
    error.causes.includes('ResourceVersionTooLarge') ||
    /too large resource version/i.test(error.message));

/**
 * Lists a collection in pages. After an expired continue token the next list is unpaged, because its token may expire too. Only
 * that one: if the collection is too large for one answer, pages are the only way to read it.
 */
export class PagedList<T> {
  readonly #client: Pick<KubeClient, 'request'>;
  readonly #path: string;
  readonly #pageSize: number;
  #nextIsUnpaged = false;

  constructor(client: Pick<KubeClient, 'request'>, path: string, pageSize = PAGE_SIZE) {
    this.#client = client;
    this.#path = path;
    this.#pageSize = pageSize;
  }

  /** Calls `each` with every object; returns the resourceVersion to watch from. Throws ApiError. */
  async read(
    selectors: Record<string, string | undefined>,
    each: (item: T) => void,
    signal: AbortSignal,
  ): Promise<string> {
    const limit = this.#nextIsUnpaged ? undefined : this.#pageSize;
    this.#nextIsUnpaged = false;
    let token: string | undefined;
    let version: string;
    do {
      const page = await this.#page({ limit, ...selectors, continue: token }, signal);
      for (const item of page.items ?? []) each(item);
      token = page.metadata.continue || undefined;
      version = page.metadata.resourceVersion;
    } while (token !== undefined);
    return version;
  }

  async #page(query: Record<string, string | number | undefined>, signal: AbortSignal): Promise<Page<T>> {
    try {
      return await this.#client.request('GET', this.#path, { query, signal, timeoutMs: LIST_MS });
    } catch (error) {
      if (query.continue !== undefined && isVersionUnavailable(error)) this.#nextIsUnpaged = true;
      throw error;
    }
  }
}
