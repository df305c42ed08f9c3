import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { toRunId } from '../../contract/ids.ts';
import { Product } from '../support/harness.ts';
import { OPERATIONS } from '../support/operations.ts';
import { idOf, trigger } from '../support/rest.ts';

let product: Product;
let job: string;
beforeAll(async () => {
  product = await Product.install();
  await product.startApi();
  job = idOf((await trigger(product, 'group_a'))[0]!);
});
afterAll(() => product.uninstall());

const runs = async () => (await product.storedRuns()).length;

/** A path segment in place of a name or an id: valid, nearly valid, or anything. */
const segment = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('group_a', '<job>', '<run>') },
  fc.constantFrom('group_b', 'group_c', '__proto__', '..', '%00', 'dummy', ' '),
  fc.uuid(),
  fc.string({ unit: 'binary', maxLength: 80 }),
);
const TRIGGER = '/group/{name}';
const text = fc.string({ unit: 'grapheme-ascii', maxLength: 60 });
const request = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'),
  path: fc.constantFrom('/', TRIGGER, TRIGGER, TRIGGER, ...new Set(OPERATIONS.map(({ path }) => path))),
  segment,
  query: fc.dictionary(fc.constantFrom('wait', 'limit', 'continue', 'state', 'group', 'tail', 'verbose', 'x'), text, {
    maxKeys: 3,
  }),
  headers: fc.dictionary(
    fc.constantFrom(
      'accept',
      'idempotency-key',
      'last-event-id',
      'traceparent',
      'x-request-id',
      'authorization',
      'range',
    ),
    fc.string({ unit: fc.constantFrom(...'abcXYZ019-_.;=,/"* '), maxLength: 40 }),
    { maxKeys: 3 },
  ),
  body: fc.option(
    fc.oneof(fc.json({ maxDepth: 3 }), text, fc.constant('{"parameters":{}}'), fc.constant('{"only":"failed"}')),
  ),
});

test('no request to any route is answered with 5xx, and only one answered with 202 starts a run', async () => {
  let started = await runs();
  await fc.assert(
    fc.asyncProperty(request, async ({ method, path, segment, query, headers, body }) => {
      const name = segment.replace('<job>', job).replace('<run>', toRunId(job));
      const encoded = name.startsWith('%') ? name : encodeURIComponent(name.toWellFormed());
      const url = `${product.url}${path.replace(/\{\w+\}/, () => encoded)}?${new URLSearchParams(query)}`;
      const takesBody = !['GET', 'HEAD'].includes(method) && body !== null;
      const response = await fetch(url, {
        method,
        headers: { ...headers, ...(takesBody ? { 'content-type': 'application/json' } : {}) },
        ...(takesBody ? { body } : {}),
        // An event stream lasts until the end of the run; its beginning is enough here.
        signal: AbortSignal.timeout(5000),
      });
      if (!path.endsWith('/events')) await response.text();
      else await response.body?.cancel();
      expect(response.status).toBeLessThan(500);
      const isNew =
        response.status === 202 && !response.headers.has('idempotency-replayed') && !path.endsWith('/cancel');
      if (isNew) started += 1;
    }),
    { numRuns: 1000 },
  );
  expect(await runs()).toBe(started);
  // Some requests were valid.
  expect(started).toBeGreaterThan(1);
}, 180_000);
