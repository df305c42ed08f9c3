import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
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
  const acceptedAt = app.runs.newest.metadata.annotations!['async-api.dev/accepted-at']!;
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

describe('parameters times jobs', () => {
  const jobs = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`job${i}`, { sleep: { seconds: 1 } }]));
  const parameters = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`P${i}`, {}]));
  const groups = JSON.stringify({ groups: { wide: { parameters, jobs: jobs(8) } } });
  /** `count` parameters of 4,096 characters. */
  const values = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`P${i}`, 'x'.repeat(4096)]));
  const post = (path: string, body: object = {}) =>
    fetch(app.url + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
  const TOO_MANY =
    /^Expected at most 1048576 bytes of parameters times jobs, got 2101688 \(262711 bytes × 8 jobs\)\. Nothing was started;/;

  beforeEach(async () => {
    await app.close();
    app = await startApp({}, groups);
  });

  test('beyond the bound a trigger is 422 with the figures, and starts nothing', async () => {
    const refused = await post('/group/wide', { parameters: values(64) });
    expect([refused.status, await refused.text()]).toEqual([422, expect.stringMatching(TOO_MANY)]);
    expect(app.runs.runs.size).toBe(0);
    expect((await post('/group/wide', { parameters: values(31) })).status).toBe(202);
  });

  test('a rerun of an older run beyond the bound is 422, and one of fewer jobs is not', async () => {
    const { headers } = await post('/group/wide');
    const stored = app.runs.newest;
    const spec = { ...stored.spec, parameters: values(64) };
    const ended = ['FAILURE', 'FAILURE', 'FAILURE', ...Array(5).fill('SUCCESS')].map((state, i) => ({
      name: spec.jobs[i]!.name,
      id: '',
      state,
    }));
    app.runs.runs.set(stored.metadata.name, { ...stored, spec, status: { state: 'FAILURE', jobs: ended } });
    const refused = await post(`${headers.get('location')}/rerun`);
    expect([refused.status, await refused.text()]).toEqual([422, expect.stringMatching(TOO_MANY)]);
    expect((await post(`${headers.get('location')}/rerun`, { only: 'failed' })).status).toBe(202);
  });
});
