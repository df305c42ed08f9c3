import type { Response } from 'express';

interface CacheAge {
  /** How long the cache may have missed changes, in seconds; 0 while it is current. */
  readonly cacheAgeSeconds: number;
}

/** Responds with JSON read from the cache. */
export function respondFromCache(cache: CacheAge, response: Response, body: unknown): void {
  // Not response.json(): see addToEveryResponse.
  const fields = Object.entries(ageFields(cache)).flat();
  // If-None-Match: *
  if (response.req.fresh) {
    response.writeHead(304, fields).end();
    return;
  }
  const text = JSON.stringify(body);
  fields.push('Content-Type', 'application/json; charset=utf-8', 'Content-Length', String(Buffer.byteLength(text)));
  response.writeHead(200, fields).end(text);
}

/** Forbids storing the response, and says how old it may be. */
export const setAge = (cache: CacheAge, response: Response): void => void response.set(ageFields(cache));

/** While the cache is out of date, with Age (RFC 9111, 5.1) and Warning (RFC 7234, 5.5.1). */
const ageFields = ({ cacheAgeSeconds: seconds }: CacheAge): Record<string, string> => ({
  'Cache-Control': 'no-store',
  ...(seconds > 0 && { Age: String(seconds), Warning: '110 async-api "Response is Stale"' }),
});
