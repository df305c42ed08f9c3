// Real: PagedList. Not real: the API server, whose pages the tests script.
import { expect, test } from '@jest/globals';
import { ApiError } from '../../../kube/api-error.ts';
import type { RequestOptions } from '../../../kube/client.ts';
import { PagedList } from '../../../kube/paged-list.ts';

const page = (version: string, items: string[], next?: string) => ({
  metadata: { resourceVersion: version, ...(next ? { continue: next } : {}) },
  items,
});
const EXPIRED = new ApiError(410, 'Expired', 'The provided continue parameter is too old');

/** A list whose requests get these responses, one after the other. */
function listOf(...responses: (object | Error)[]) {
  const queries: RequestOptions['query'][] = [];
  const request = async <T>(_method: string, _path: string, options: RequestOptions = {}): Promise<T> => {
    queries.push(options.query);
    const response = responses.shift();
    if (response instanceof Error) throw response;
    return response as T;
  };
  const pages = new PagedList<string>({ request }, '/runs');
  const items: string[] = [];
  const read = () => pages.read({ labelSelector: 'a=b' }, (item) => items.push(item), new AbortController().signal);
  return { read, items, queries };
}

test('reads every page, each with the selectors, to the version of the last', async () => {
  const { read, items, queries } = listOf(page('5', ['a', 'b'], 'next'), page('6', ['c']));
  expect(await read()).toBe('6');
  expect(items).toEqual(['a', 'b', 'c']);
  expect(queries).toEqual([
    { limit: 100, labelSelector: 'a=b', continue: undefined },
    { limit: 100, labelSelector: 'a=b', continue: 'next' },
  ]);
});

test('after an expired continue token the next read is unpaged, and the one after it is paged again', async () => {
  const { read, queries } = listOf(page('5', ['a'], 'next'), EXPIRED, page('6', ['a']), page('7', ['a']));
  await expect(read()).rejects.toBe(EXPIRED);
  await read();
  await read();
  expect(queries.map((query) => query?.limit)).toEqual([100, 100, undefined, 100]);
});

test('an unpaged read is tried once: if it fails too, the next read is paged again', async () => {
  const timeout = new Error('GET /runs had no answer within 60000 ms');
  const { read, items, queries } = listOf(page('5', ['a'], 'next'), EXPIRED, timeout, page('6', ['b']));
  await expect(read()).rejects.toBe(EXPIRED);
  await expect(read()).rejects.toBe(timeout);
  await read();
  expect(queries.map((query) => query?.limit)).toEqual([100, 100, undefined, 100]);
  expect(items.at(-1)).toBe('b');
});

test('a failure of another kind does not make the next read unpaged', async () => {
  const down = new ApiError(503, 'ServiceUnavailable', 'down');
  const { read, queries } = listOf(page('5', ['a'], 'next'), down, page('6', ['a']));
  await expect(read()).rejects.toBe(down);
  await read();
  expect(queries.at(-1)?.limit).toBe(100);
});
