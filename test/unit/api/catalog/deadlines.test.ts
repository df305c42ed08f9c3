import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parseCatalog } from '../../../../api/catalog/catalog.ts';
import { startApp } from '../../../support/app.ts';

const warningsOf = (job: string, defaults = '{}') =>
  parseCatalog(`defaults: ${defaults}\ngroups:\n  g:\n    jobs:\n      j:\n        sleep: { seconds: 1 }\n${job}`).get(
    'g',
  )!.warnings;
const path = 'groups.g.jobs.j.pendingDeadlineSeconds';
const message = (active: number, pending: number) =>
  `expected less than activeDeadlineSeconds (${active}), got ${pending}, which can never apply`;

test.each([
  ['both', '        activeDeadlineSeconds: 30\n        pendingDeadlineSeconds: 31', '{}', 8, 30, 31],
  ['two that are equal', '        activeDeadlineSeconds: 30\n        pendingDeadlineSeconds: 30', '{}', 8, 30, 30],
  ['only the active one', '        activeDeadlineSeconds: 120', '{}', 6, 120, 120],
  ['only the pending one', '        pendingDeadlineSeconds: 300', '{}', 7, 300, 300],
  ['none, where the defaults do', '', '{ activeDeadlineSeconds: 60 }', 6, 60, 120],
])(
  'a job with %s has a warning if its pending deadline can never apply',
  (_what, job, defaults, line, active, pending) => {
    expect(warningsOf(job, defaults)).toEqual([{ path, line, message: message(active, pending) }]);
  },
);

test.each([
  ['', '{}'],
  ['        activeDeadlineSeconds: 121', '{}'],
  ['        activeDeadlineSeconds: 30\n        pendingDeadlineSeconds: 29', '{}'],
  ['        activeDeadlineSeconds: 30', '{ pendingDeadlineSeconds: 29 }'],
])('a job %j under the defaults %s has no warning', (job, defaults) => {
  expect(warningsOf(job, defaults)).toEqual([]);
});

test('a job without limits has 300 s, 120 s and no second try', () => {
  const { jobs } = parseCatalog('groups: { g: { jobs: { j: { sleep: { seconds: 1 } } } } }').get('g')!;
  expect(jobs).toEqual([
    { name: 'j', activeDeadlineSeconds: 300, pendingDeadlineSeconds: 120, backoffLimit: 0, sleep: { seconds: 1 } },
  ]);
});

test('the config.yaml of the tests has no warnings', async () => {
  const catalog = parseCatalog(await readFile(join(import.meta.dirname, '../../../support/config.yaml'), 'utf8'));
  expect([...catalog.values()].flatMap(({ warnings }) => warnings)).toEqual([]);
});

test('a group with warnings can be triggered, and GET /groups lists them', async () => {
  const app = await startApp(
    {},
    'groups:\n  g:\n    jobs:\n      j: { sleep: { seconds: 1 }, activeDeadlineSeconds: 30 }\n  bad: { jobs: 5 }',
  );
  try {
    expect((await fetch(`${app.url}/group/g`, { method: 'POST' })).status).toBe(202);
    const { groups } = (await (await fetch(`${app.url}/groups`)).json()) as { groups: object[] };
    expect(groups).toEqual([
      {
        name: 'g',
        jobs: ['j'],
        parameters: {},
        problems: [],
        warnings: [{ path, line: 4, message: message(30, 120) }],
      },
      {
        name: 'bad',
        jobs: [],
        parameters: {},
        problems: [{ path: 'groups.bad.jobs', line: 5, message: 'expected record, got 5' }],
        warnings: [],
      },
    ]);
  } finally {
    await app.close();
  }
});
