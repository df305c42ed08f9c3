import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { hasFocus, type Opened, openPage, startBrowser } from './browser.ts';
import { expectClean } from './expect-clean.ts';
import { type PageApp, startPageApp } from './page-app.ts';
import { sampleRun } from './sample-run.ts';
import { showcase } from './samples.ts';

let browser: Browser;
let app: PageApp;
const shown = showcase();
const RUN = `#/runs/${shown.metadata.name}`;
const cancelled = sampleRun('backup', 60, [
  { name: 'dump', state: 'REVOKED', reason: 'Cancelled', finishedAfter: 9 },
  { name: 'upload', state: 'RETRY', reason: 'Error', exitCode: 3, attempts: 2, startedAfter: 1 },
  { name: 'verify', state: 'SUCCESS', result: '{"rows":3}', startedAfter: 1, finishedAfter: 9 },
]);
const OTHER = `#/runs/${cancelled.metadata.name}`;

beforeAll(async () => {
  browser = await startBrowser();
  app = await startPageApp({}, undefined, undefined, shown);
  app.runs.put(cancelled.metadata.name, cancelled);
});
afterAll(async () => {
  await browser?.close();
  await app?.close();
});
let opened: Opened | undefined;
afterEach(() => opened?.page.context().close());

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
  ['a cancelled job', `${OTHER}/jobs/1`, /Cancelled/],
  ['a job that is retried', `${OTHER}/jobs/2`, /It ended with an error/],
  ['a job with a result', `${OTHER}/jobs/3`, /rows/],
  ['a job that waits for another', `${RUN}/jobs/8`, /It waits for render-pdf/],
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
