import type { Response } from 'express';

interface CacheAge {
  /** How long the cache may have missed changes, in seconds; 0 while it is current. */
  readonly cacheAgeSeconds: number;
}

/** Responds with JSON read from the cache. */
export function respondFromCache(cache: CacheAge, response: Response, body: unknown): void {
  setAge(cache, response);
  response.json(body);
}

/** Forbids storing the response. While the cache is out of date, sets Age (RFC 9111, 5.1) and Warning (RFC 7234, 5.5.1) too. */
export function setAge({ cacheAgeSeconds: seconds }: CacheAge, response: Response): void {
  response.set('Cache-Control', 'no-store');
  if (seconds > 0) response.set({ Age: String(seconds), Warning: '110 async-api "Response is Stale"' });
}
