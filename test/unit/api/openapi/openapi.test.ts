import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { IRouter } from 'express';
import { startApp, type TestApp } from '../../../support/app.ts';
import { OPERATIONS } from '../../../support/operations.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const addressOf = (path: string) => app.url + path.replace('{name}', 'good').replace('{id}', 'x');

test.each(OPERATIONS.map(({ method, path }) => [method.toUpperCase(), path]))(
  '%s %s is a call that the service knows',
  async (method, path) => {
    const refused = await fetch(addressOf(path), { method: 'PURGE' });
    expect(refused.headers.get('allow')?.split(', ')).toContain(method);
    const ended = new AbortController();
    const response = await fetch(addressOf(path), { method, signal: ended.signal });
    expect(response.status).not.toBe(405);
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
    // It never ends.
    if (isStream) ended.abort();
    else expect(await response.text()).not.toMatch(/^Nothing is here/);
  },
);

/** The paths and methods that a router has handlers for, HEAD apart, in OpenAPI's words. */
const operationsOf = ({ stack }: Pick<IRouter, 'stack'>): string[] =>
  stack.flatMap(({ route }) => {
    if (!route) return [];
    // Those of all() have no method.
    const methods = new Set(route.stack.map(({ method }) => method).filter((method) => method && method !== 'head'));
    return [...methods].map((method) => `${method} ${route.path.replace(/:(\w+)/g, '{$1}')}`);
  });

/** For people, not for programs. */
const PAGES = ['get /docs', 'get /', 'get /page/{file}'];

test('the document contains every call of the service, except the document itself and the pages', () => {
  const described = OPERATIONS.map(({ method, path }) => `${method} ${path}`);
  expect(operationsOf(app.router).toSorted()).toEqual([...described, 'get /openapi.json', ...PAGES].toSorted());
});

test('the document is served, and every reference in it leads somewhere', async () => {
  const document = await (await fetch(`${app.url}/openapi.json`)).json();
  expect(document).toMatchObject({ openapi: expect.stringMatching(/^3\.1\./) });
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)];
  expect(references.length).toBeGreaterThan(10);
  const { schemas } = (document as { components: { schemas: object } }).components;
  for (const [, name] of references) expect(schemas).toHaveProperty(name!);
});

test('the page needs no script, and its policy allows exactly its style', async () => {
  const response = await fetch(`${app.url}/docs`);
  const page = await response.text();
  expect(page).not.toMatch(/<script|javascript:|https?:\/\//);
  for (const { path } of OPERATIONS) expect(page).toContain(path);
  const [, style] = page.match(/<style>(.*)<\/style>/s)!;
  const hash = createHash('sha256').update(style!).digest('base64');
  expect(response.headers.get('content-security-policy')).toContain(`style-src 'sha256-${hash}'`);
});
