import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { unauthorized } from '../../api/auth/auth.ts';
import { ANONYMOUS } from '../../api/http/caller.ts';
import { eventually } from '../support/eventually.ts';
import { hasFocus, type Opened, openPage, startBrowser } from './browser.ts';
import { expectClean } from './expect-clean.ts';
import { type PageApp, startPageApp } from './page-app.ts';
import { sampleRun, showcase } from './samples.ts';

let browser: Browser;
let app: PageApp;
const shown = showcase();
const RUN = `#/runs/${shown.metadata.name}`;

beforeAll(async () => {
  browser = await startBrowser();
  app = await startPageApp({}, undefined, undefined, shown);
});
afterAll(async () => {
  await browser?.close();
  await app?.close();
});
let opened: Opened | undefined;
afterEach(async () => {
  await opened?.page.context().close();
  app.setLog('Done.\n');
});

const open = async (hash: string, options: Parameters<typeof openPage>[2] = {}, url = app.url) => {
  opened = await openPage(browser, `${url}/${hash}`, { reducedMotion: 'reduce', ...options });
  return opened;
};

const VIEWS: [name: string, hash: string, text: RegExp][] = [
  ['the runs', '', /autumn-2026/],
  ['no matching run', '#/runs?id=ffffff', /No run matches/],
  ['a group', '#/groups/nightly-report', /extract-orders/],
  ['a group with problems', '#/groups/import', /It cannot be triggered/],
  ['a run', RUN, /It needed more memory than its limit/],
  ['the failed jobs of a run', `${RUN}?only=failed`, /join/],
  ['no such run', '#/runs/00000000-0000-4000-8000-000000000000', /There is no such run/],
  ['a job', `${RUN}/jobs/5`, /Complete/],
];

const SCHEMES = ['light', 'dark'] as const;

test.each(VIEWS.flatMap(([name, ...view]) => SCHEMES.map((scheme) => [name, scheme, ...view] as const)))(
  'the view of %s, %s, has no fault and no violation of axe-core',
  async (_, colorScheme, hash, text) => {
    const { page } = await open(hash, { colorScheme });
    await page.locator('main').getByText(text).first().waitFor();
    await expectClean(opened!);
  },
);

test('a question has no violation, Escape closes it, and the focus goes back to its button', async () => {
  const { page } = await open(RUN);
  const button = page.getByRole('button', { name: 'Cancel run' });
  await button.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await expectClean(opened!);
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(await hasFocus(button)).toBe(true);
});

test('by keyboard alone, one gets from the list to a job', async () => {
  const { page } = await open('');
  const link = page.getByRole('link', { name: 'nightly-report' }).first();
  await link.waitFor();
  for (let tabs = 0; tabs < 40; tabs++) {
    if (await hasFocus(link)) break;
    await page.keyboard.press('Tab');
  }
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'nightly-report', level: 1 }).waitFor();
  expect(await hasFocus(page.locator('#main'))).toBe(true);
  const job = page.getByRole('link', { name: 'join' });
  for (let tabs = 0; tabs < 40; tabs++) {
    if (await hasFocus(job)) break;
    await page.keyboard.press('Tab');
  }
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'join', level: 1 }).waitFor();
  expect(opened!.faults).toEqual([]);
});

test.each(VIEWS)(
  'the view of %s fits a width of 320 pixels, as of a phone or in 400 %% zoom',
  async (_, hash, text) => {
    const { page } = await open(hash, { viewport: { width: 320, height: 640 } });
    await page.locator('main').getByText(text).first().waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(320);
    await expectClean(opened!);
  },
);

test('names, messages, results, parameters and log lines are text, whatever they hold', async () => {
  const evil = `<script>alert(1)</script><img src=x onerror=alert(2)>\u202Egnp.exe \u001b[31m"'&`;
  const run = sampleRun(
    'backup',
    60,
    [
      {
        name: 'dump',
        state: 'FAILURE',
        reason: 'Error',
        message: evil,
        exitCode: 1,
        startedAfter: 1,
        finishedAfter: 9,
      },
      { name: 'upload', state: 'SUCCESS', result: evil, startedAfter: 1, finishedAfter: 9 },
    ],
    { value: evil },
  );
  const id = run.metadata.name;
  app.runs.put(id, run);
  app.setLog(`${evil}\n\u001b[32mgreen\u001b[0m\n`);
  for (const [hash, text] of [
    [`#/runs?id=${id}`, 'gnp.exe'],
    [`#/runs/${id}`, 'gnp.exe'],
    [`#/runs/${id}/jobs/1`, 'green'],
    [`#/runs/${id}/jobs/2`, 'gnp.exe'],
  ] as const) {
    const { page, faults } = await open(hash);
    await page.locator('main').getByText(text).first().waitFor();
    expect(await page.locator('main script, main img').count()).toBe(0);
    const shownText = await page.locator('main').innerText();
    expect(shownText).toContain('<script>alert(1)</script>');
    for (const hidden of ['\u202e', '\u001b']) expect(shownText).not.toContain(hidden);
    expect(faults).toEqual([]);
    await page.context().close();
  }
  app.runs.runs.delete(id);
});

test('a log that is gone is said to be gone', async () => {
  app.setLog(undefined);
  const { page } = await open(`${RUN}/jobs/1`);
  await page.getByText('Its log is gone with its pods').waitFor();
  await expectClean(opened!);
});

test('a log wraps or not, is downloaded whole, and jumps to its end and back', async () => {
  const lines = Array.from({ length: 2000 }, (_, index) => `line ${index} ${'x'.repeat(300)}`);
  app.setLog(`${lines.join('\n')}\n`);
  const { page } = await open(`${RUN}/jobs/1`);
  const log = page.getByRole('region', { name: 'Lines of the log' });
  await page.getByText('2,000 lines').waitFor();
  const width = () => log.evaluate((element) => element.scrollWidth > element.clientWidth);
  expect(await width()).toBe(false);
  await page.getByRole('button', { name: 'Wrap' }).click();
  expect(await width()).toBe(true);
  await page.getByRole('button', { name: 'End' }).click();
  const isAtEnd = () => log.evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight < 40);
  await eventually('the end of the log', async () => (await isAtEnd()) || undefined);
  await page.getByRole('button', { name: 'Top' }).click();
  expect(await log.evaluate((element) => element.scrollTop)).toBe(0);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download' }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/^extract-orders-[0-9a-f-]{36}\.log$/);
  expect(opened!.faults).toEqual([]);
});

test('the filters are in the address, and an address shows what it says', async () => {
  const { page } = await open('');
  await page.getByRole('button', { name: /^Failed/ }).click();
  await page.getByLabel('Group').selectOption('backup');
  await page.getByLabel('Id begins with').fill('0');
  await page.waitForFunction("location.hash.includes('id=0')");
  expect(await page.evaluate('location.hash')).toBe('#/runs?group=backup&state=FAILURE&id=0');
  await page.goto(`${app.url}/#/runs?state=REVOKED`);
  await page.reload();
  await page.getByRole('row', { name: /Cancelled/ }).waitFor();
  expect(await page.getByRole('row').count()).toBe(2);
});

test('a caller who may only look sees why nothing else is offered', async () => {
  const reader = await startPageApp({
    auth: { identify: async () => ({ ...ANONYMOUS, name: 'jane' }), allows: async (_caller, verb) => verb === 'get' },
  });
  reader.runs.put(shown.metadata.name, shown);
  try {
    const { page } = await open(RUN, {}, reader.url);
    await page.getByText('jane may not cancel runs of nightly-report').waitFor();
    await page.getByRole('button', { name: 'Cancel run' }).click({ force: true });
    expect(await page.getByRole('dialog').count()).toBe(0);
    await expectClean(opened!);
    await page.goto(`${reader.url}/#/groups/nightly-report`);
    await page.getByText('jane may not trigger nightly-report.').waitFor();
    expect(await page.getByRole('button', { name: /^Trigger/ }).count()).toBe(0);
    await expectClean(opened!);
  } finally {
    await reader.close();
  }
});

test('a token is asked for once, sent with each request and stored nowhere', async () => {
  const secured = await startPageApp({
    auth: {
      identify: async (request) => {
        if (request.get('authorization') !== 'Bearer secret')
          throw unauthorized('Expected a valid token, got one that is not.');
        return { ...ANONYMOUS, name: 'jane' };
      },
      allows: async () => true,
    },
  });
  try {
    const { page } = await open('', {}, secured.url);
    await page.getByRole('heading', { name: 'Who are you?' }).waitFor();
    await expectClean(opened!);
    await page.getByLabel('Token').fill('wrong');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('Expected a valid token').waitFor();
    await page.getByLabel('Token').fill('secret');
    await page.keyboard.press('Enter');
    await page.getByText('autumn-2026').waitFor();
    await page.getByText('jane', { exact: true }).waitFor();
    const stored = await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])');
    expect(stored).toBe('[{},{},""]');
    await page.reload();
    await page.getByRole('heading', { name: 'Who are you?' }).waitFor();
    expect(opened!.faults).toEqual([]);
  } finally {
    await secured.close();
  }
});
