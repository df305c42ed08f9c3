import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startApp, type TestApp } from '../../../support/app.ts';
import { rawRequest, sendRaw } from '../../../support/raw-http.ts';

let app: TestApp;
beforeEach(async () => {
  app = await startApp();
});
afterEach(() => app.close());

test('a 202 says when to ask again', async () => {
  const response = await fetch(`${app.url}/group/good`, { method: 'POST' });
  expect([response.status, response.headers.get('retry-after')]).toEqual([202, '1']);
});

test('a run is stored with the millisecond in which it was accepted', async () => {
  const from = Date.now();
  await fetch(`${app.url}/group/good`, { method: 'POST' });
  const acceptedAt = app.runs.list()[0]!.metadata.annotations!['async-api.dev/accepted-at']!;
  expect(acceptedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(Date.parse(acceptedAt)).toBeGreaterThanOrEqual(from);
  expect(Date.parse(acceptedAt)).toBeLessThanOrEqual(Date.now());
});

/** Sends a POST whose body comes in chunks. */
const postChunked = (headers: Record<string, string>, ...chunks: string[]) => {
  const body = [...chunks, ''].map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('');
  const bytes = rawRequest('POST', '/group/good', { ...headers, 'Transfer-Encoding': 'chunked' });
  return sendRaw(app.url, bytes + body);
};

test.each([{}, { 'Content-Type': 'application/json' }, { 'Content-Type': 'text/plain' }])(
  'an empty body in chunks is none, with %j',
  async (headers) => {
    expect(await postChunked(headers as Record<string, string>)).toMatchObject({ status: 202 });
  },
);

test('a body of JSON in chunks is taken', async () => {
  const json = { 'Content-Type': 'application/json' };
  expect(await postChunked(json, '{"parameters":', '{}}')).toMatchObject({ status: 202 });
  expect(await postChunked(json, '{"parameters":', '{"A":"b"}}')).toMatchObject({ status: 422 });
});

test.each([{}, { 'Content-Type': 'application/x-www-form-urlencoded' }, { 'Content-Type': 'text/plain' }])(
  'a body in chunks that is not JSON is 415, with %j',
  async (headers) => {
    const answer = await postChunked(headers as Record<string, string>, 'a=b', '&c=d');
    expect(answer).toMatchObject({ status: 415, body: expect.stringContaining('Expected no body, or JSON') });
    expect(app.runs.runs.size).toBe(0);
  },
);

test('a connection goes on after a body in chunks that was not read to its end', async () => {
  const chunks = 'a'.repeat(100_000);
  const first = rawRequest('POST', '/group/good', { 'Transfer-Encoding': 'chunked', Connection: 'keep-alive' });
  const body = `${chunks.length.toString(16)}\r\n${chunks}\r\n0\r\n\r\n`;
  const answer = await sendRaw(app.url, first + body + rawRequest('GET', '/livez'));
  expect(answer).toMatchObject({ status: 415, body: expect.stringContaining('HTTP/1.1 200 OK') });
});
