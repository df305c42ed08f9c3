import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parseCatalog } from '../../../../api/catalog/catalog.ts';
import { startApp, type TestApp } from '../../../support/app.ts';

const JOB = 'sleep: { seconds: 1 }';
const problemsOf = (text: string) =>
  parseCatalog(text)
    .get('g')!
    .problems.map(({ path, line, message }) => `${path} (${line}): ${message}`);

test('every problem of the order has the path and the line of the name', () => {
  const text = `groups:
  g:
    jobs:
      a: { ${JOB}, needs: [c] }
      b:
        ${JOB}
        needs:
          - a
          - typo
      c: { ${JOB}, needs: [b] }
      d: { ${JOB}, needs: [d] }
      a-1: { ${JOB} }
      a_1: { ${JOB} }
      e: { ${JOB}, needs: [a-1, a_1] }`;
  expect(problemsOf(text)).toEqual([
    'groups.g.jobs.b.needs.1 (9): expected the name of another job, got "typo"',
    'groups.g.jobs.d.needs.0 (11): expected the name of another job, got its own',
    'groups.g.jobs.e.needs.1 (14): expected a name whose variable differs: "a-1" and "a_1" both have ASYNC_API_RESULT_A_1',
    'groups.g.jobs.a.needs.0 (4): expected no cycle, got a → c → b → a',
  ]);
});

test.each([
  ['21 names', `[${Array.from({ length: 21 }, (_, i) => `j${i}`)}]`, /^groups\.g\.jobs\.j\.needs \(1\): .*<=20/],
  ['none', '[]', /needs \(1\): .*>=1/],
  ['no list', 'a', /needs \(1\): expected array, got "a"/],
])('needs of %s are a problem', (_what, needs, message) => {
  expect(problemsOf(`groups: { g: { jobs: { j: { ${JOB}, needs: ${needs} } } } }`)).toEqual([
    expect.stringMatching(message),
  ]);
});

test('a code that both fails the job and is ignored is a problem', () => {
  const job = `{ ${JOB}, failOnExitCodes: [1, 42], ignoreExitCodes: [42] }`;
  expect(problemsOf(`groups: { g: { jobs: { j: ${job} } } }`)).toEqual([
    'groups.g.jobs.j.ignoreExitCodes (1): expected no code of failOnExitCodes, got 42',
  ]);
});

let app: TestApp;
beforeAll(async () => {
  app = await startApp({}, `groups: { g: { onFailure: cancel, jobs: { b: { ${JOB}, needs: [a] }, a: { ${JOB} } } } }`);
});
afterAll(() => app.close());

test('a run has the order of its group, and GET /groups and /runs/:id show it', async () => {
  const { groups } = (await (await fetch(`${app.url}/groups`)).json()) as { groups: object[] };
  expect(groups).toMatchObject([{ jobs: ['b', 'a'], onFailure: 'cancel', needs: { b: ['a'] } }]);
  const { headers } = await fetch(`${app.url}/group/g`, { method: 'POST' });
  expect(app.runs.newest.spec).toMatchObject({
    onFailure: 'cancel',
    jobs: [{ name: 'b', needs: ['a'] }, { name: 'a' }],
  });
  const run = await (await fetch(`${app.url}${headers.get('location')}`)).json();
  expect(run).toMatchObject({ onFailure: 'cancel', jobs: [{ name: 'b', needs: ['a'] }, { name: 'a' }] });
  expect((run as { jobs: object[] }).jobs[1]).not.toHaveProperty('needs');
});
