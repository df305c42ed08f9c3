import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { eventually } from '../support/eventually.ts';
import { type Opened, openPage, startBrowser } from './browser.ts';
import { expectClean } from './expect-clean.ts';
import { type PageApp, startPageApp } from './page-app.ts';
import { sampleRun } from './sample-run.ts';
import { showcase } from './samples.ts';

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
