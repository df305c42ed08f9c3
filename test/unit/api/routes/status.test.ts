import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startApp, type TestApp } from '../../../support/app.ts';
import { definition } from '../../../support/builders.ts';

const RUN = '78b9d1a2-3c4d-4e5f-8a6b-000000000000';

let app: TestApp;
beforeEach(async () => {
  app = await startApp();
});
afterEach(() => app.close());

test('reading one status of a run of a thousand jobs visits that job only', async () => {
  const names = Array.from({ length: 1000 }, (_, index) => `job_${index}`);
  await app.runs.create(RUN, { group: 'good', jobs: names.map((name) => definition({ name })) }, {});
  app.runs.setJobs(RUN, ...names.map((message) => ({ state: 'STARTED' as const, message })));
  const run = app.runs.runs.get(RUN)!;
  const visited = new Set<string>();
  const counted = <T extends object>(list: T): T =>
    new Proxy(list, {
      get: (target, key) => {
        if (/^\d+$/.test(String(key))) visited.add(String(key));
        return Reflect.get(target, key);
      },
    });
  run.spec.jobs = counted(run.spec.jobs);
  run.status!.jobs = counted(run.status!.jobs!);
  const id = RUN.replace(/.$/, '5');
  const status = await (await fetch(`${app.url}/status/${id}`)).json();
  expect(status).toEqual({ state: 'STARTED', task_id: id, message: 'job_4' });
  expect([...visited]).toEqual(['4']);
});

test('a status has the result of its job after the fields of the contract', async () => {
  await app.runs.create(RUN, { group: 'good', jobs: ['a', 'b', 'c'].map((name) => definition({ name })) }, {});
  const succeeded = { state: 'SUCCESS' as const };
  app.runs.setJobs(
    RUN,
    { ...succeeded, result: '{"__proto__": [1], "text": "\u2028"}' },
    { ...succeeded, resultTooLarge: true },
    succeeded,
  );
  const bodies = ['1', '2', '3'].map(async (digit) => {
    const id = RUN.replace(/.$/, digit);
    return (await (await fetch(`${app.url}/status/${id}`)).text()).replace(id, 'ID');
  });
  expect(await Promise.all(bodies)).toEqual([
    '{"state":"SUCCESS","task_id":"ID","result":{"__proto__":[1],"text":"\u2028"}}',
    '{"state":"SUCCESS","task_id":"ID","resultTooLarge":true}',
    '{"state":"SUCCESS","task_id":"ID"}',
  ]);
});

test('a status is read before any path that is called less often, except those without authentication', () => {
  const paths = app.router.stack.flatMap(({ route }) => (route ? [route.path] : []));
  const before = ['/livez', '/readyz', '/openapi.json', '/docs', '/', '/page/:file'];
  expect(paths.slice(0, paths.indexOf('/status/:id'))).toEqual(before);
});

test.each(['/status', '/status/', '/status/x', `/status/${RUN}/x`, '/status/%ff', `/status/${RUN}/logs/x`])(
  'GET %s is the 404 of the contract',
  async (path) => {
    const response = await fetch(app.url + path);
    expect([response.status, await response.text()]).toEqual([404, "Job with given id doesn't exists : dummy"]);
  },
);
