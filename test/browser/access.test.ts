import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { unauthorized } from '../../api/auth/auth.ts';
import { ANONYMOUS } from '../../api/http/caller.ts';
import { type Opened, openPage, startBrowser } from './browser.ts';
import { expectClean } from './expect-clean.ts';
import { startPageApp } from './page-app.ts';
import { showcase } from './samples.ts';

let browser: Browser;
const shown = showcase();

beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser?.close());
let opened: Opened | undefined;
afterEach(() => opened?.page.context().close());

const open = async (url: string): Promise<Opened> => {
  opened = await openPage(browser, url, { reducedMotion: 'reduce' });
  return opened;
};

test('a caller who may only look sees why nothing else is offered', async () => {
  const reader = await startPageApp({
    auth: { identify: async () => ({ ...ANONYMOUS, name: 'jane' }), allows: async (_caller, verb) => verb === 'get' },
  });
  reader.runs.put(shown.metadata.name, shown);
  try {
    const { page } = await open(`${reader.url}/#/runs/${shown.metadata.name}`);
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
    const { page } = await open(secured.url);
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
