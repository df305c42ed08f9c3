import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseCatalog } from '../../../../api/catalog/catalog.ts';
import { fingerprint, parseKey, runIdFromKey } from '../../../../api/routes/idempotency.ts';
import { isRunId } from '../../../../contract/ids.ts';
import { startApp, type TestApp } from '../../../support/app.ts';

test.each([
  ['"8e03978e-40d5"', '8e03978e-40d5'],
  ['8e03978e-40d5', '8e03978e-40d5'],
  ['  "a b"  ', 'a b'],
  ['"say \\"hi\\" \\\\"', 'say "hi" \\'],
])('the key of %s is %s', (header, key) => expect(parseKey(header)).toBe(key));

test.each(['', '""', '"', '"a', 'a b', 'ü', `"${'x'.repeat(256)}"`, '"a\\x"', 'x'.repeat(256), '"a", "b"'])(
  'an Idempotency-Key of %j is invalid',
  (header) => expect(() => parseKey(header)).toThrow(/Idempotency-Key/),
);

test('the same caller and key give the same run id, a UUID of version 8, and others another', () => {
  const runId = runIdFromKey('alice', 'one');
  expect(isRunId(runId)).toBe(true);
  expect(runId).toMatch(/^.{14}8.{4}[89ab]/);
  expect(runIdFromKey('alice', 'one')).toBe(runId);
  expect(
    new Set([runId, runIdFromKey('bob', 'one'), runIdFromKey('alice', 'two'), runIdFromKey('alic', 'eone')]).size,
  ).toBe(4);
});

test('the fingerprint depends on everything except the order of parameters', () => {
  const first = fingerprint('trigger', 'g', { a: '1', b: '2' });
  expect(fingerprint('trigger', 'g', { b: '2', a: '1' })).toBe(first);
  const others = [fingerprint('trigger', 'g', { a: '1' }), fingerprint('trigger', 'h', { a: '1', b: '2' })];
  expect(new Set([first, ...others, fingerprint('rerun', 'g', { a: '1', b: '2' })]).size).toBe(4);
});

test('a trigger without a key is accepted, not replayed, when its create is retried after a lost response', async () => {
  const runId = '78b9d1a2-3c4d-4e5f-8a6b-000000000000';
  const app = await startApp({ newRunId: () => runId });
  try {
    // The retry finds the run that the first attempt stored.
    await app.runs.create(runId, { group: 'good', jobs: [] }, {});
    const response = await fetch(`${app.url}/group/good`, { method: 'POST' });
    expect([response.status, response.headers.get('idempotency-replayed')]).toEqual([202, null]);
    expect(app.logged).toContainEqual(expect.objectContaining({ message: 'run accepted', run: runId }));
  } finally {
    await app.close();
  }
});

describe('a trigger with an Idempotency-Key', () => {
  let app: TestApp;
  let groups: string;
  beforeEach(async () => {
    groups = 'groups: { a: { jobs: { j: { sleep: { seconds: 1 } } } }, b: { jobs: { j: { sleep: { seconds: 1 } } } } }';
    app = await startApp({ catalog: () => parseCatalog(groups) });
  });
  afterEach(() => app.close());
  const post = async (group: string, key: string) => {
    const response = await fetch(`${app.url}/group/${group}`, { method: 'POST', headers: { 'Idempotency-Key': key } });
    return {
      status: response.status,
      replayed: response.headers.get('idempotency-replayed'),
      body: await response.text(),
    };
  };

  test('gets the same run and the same body each time, marked as replayed from the second', async () => {
    const first = await post('a', '"k"');
    expect(first).toMatchObject({ status: 202, replayed: null });
    expect(await post('a', 'k')).toEqual({ ...first, replayed: 'true' });
    expect(app.runs.runs.size).toBe(1);
  });

  test('is 422 if the key was used for another group', async () => {
    await post('a', 'k');
    expect(await post('b', 'k')).toMatchObject({ status: 422, body: expect.stringContaining('another request') });
    expect(app.runs.runs.size).toBe(1);
  });

  test('gets the same response after its group was changed or removed', async () => {
    const first = await post('a', 'k');
    groups = 'groups: { a: { jobs: { x: { sleep: { seconds: 9 } }, y: { log: { lines: 1 } } } } }';
    expect(await post('a', 'k')).toEqual({ ...first, replayed: 'true' });
    groups = 'groups: {}';
    expect(await post('a', 'k')).toEqual({ ...first, replayed: 'true' });
  });

  test('is 400 if the key is malformed', async () => {
    expect(await post('a', 'a b')).toMatchObject({ status: 400, body: expect.stringContaining('Idempotency-Key') });
    expect(app.runs.runs.size).toBe(0);
  });
});
