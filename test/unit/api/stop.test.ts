import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startApp, type TestApp } from '../../support/app.ts';

const stop = new AbortController();
let app: TestApp;
beforeAll(async () => {
  app = await startApp({ stopping: stop.signal });
});
afterAll(() => app.close());

const trigger = () => fetch(`${app.url}/group/good`, { method: 'POST' });

test('a service that stops still accepts runs, and closes the connection after each response', async () => {
  const before = await trigger();
  expect([before.status, before.headers.get('connection')]).toEqual([202, 'keep-alive']);
  stop.abort();
  const after = await trigger();
  expect([after.status, after.headers.get('connection')]).toEqual([202, 'close']);
});
