import type { RawClient } from './raw.ts';

/** How many requests the API server has answered, by verb and resource, such as `PUT groupruns/status`. */
export type Calls = ReadonlyMap<string, number>;

/** Reads apiserver_request_total out of the API server's metrics (Prometheus' text format). */
export function parseCalls(text: string): Calls {
  const calls = new Map<string, number>();
  for (const [, labels, value] of text.matchAll(/^apiserver_request_total\{([^}]*)\} (\S+)$/gm)) {
    const label = (name: string) => new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(labels!)?.[1] ?? '';
    const subresource = label('subresource');
    const key = `${label('verb')} ${label('resource')}${subresource && `/${subresource}`}`;
    calls.set(key, (calls.get(key) ?? 0) + Number(value));
  }
  return calls;
}

/** The calls that came between the two readings. */
export function callsBetween(before: Calls, after: Calls): Map<string, number> {
  const between = [...after].map(([key, count]) => [key, count - (before.get(key) ?? 0)] as const);
  return new Map(between.filter(([, count]) => count > 0));
}

/** Runs `work` and returns the calls that came meanwhile, of all clients. */
export async function callsDuring(raw: RawClient, work: () => Promise<unknown>): Promise<Map<string, number>> {
  const read = async () => parseCalls(await raw.text('GET', '/metrics'));
  const before = await read();
  await work();
  return callsBetween(before, await read());
}
