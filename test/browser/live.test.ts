import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { eventually } from '../support/eventually.ts';
import { Product } from '../support/harness.ts';
import { finalStatus, idOf, runOf, trigger } from '../support/rest.ts';
import { hasFocus, type Opened, openPage, startBrowser } from './browser.ts';
import { expectClean } from './expect-clean.ts';

const GROUPS = {
  greet: {
    parameters: { day: { required: true, pattern: '\\d{4}-\\d{2}-\\d{2}' }, region: { default: 'eu' } },
    jobs: { hello: { sleep: { seconds: 1 } }, bye: { log: { lines: 3, intervalSeconds: 0.25 } } },
  },
  group_b: { jobs: { job_b1: { sleep: { seconds: -5 } }, job_b3: { slep: { seconds: 5 } } } },
  fails: { jobs: { good: { sleep: { seconds: 0 } }, bad: { sleep: { seconds: 0, failProbability: 1, exitCode: 3 } } } },
  long: { jobs: { one: { sleep: { seconds: 600 } }, two: { sleep: { seconds: 600 } } } },
  writes: { jobs: { lines: { log: { lines: 40, intervalSeconds: 0.25 } } } },
};

let browser: Browser;
let product: Product;
let configFile: string;
beforeAll(async () => {
  [browser, product] = await Promise.all([startBrowser(), Product.install()]);
  configFile = await product.writeConfig({ groups: GROUPS });
  await Promise.all([product.startApi(configFile), product.startController()]);
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await product?.uninstall();
});
let opened: Opened | undefined;
afterEach(() => opened?.page.context().close());

const open = async (hash: string): Promise<Page> => {
  opened = await openPage(browser, `${product.url}/${hash}`);
  // Whatever happens from here on is seen live: a page that loads anew would lose this.
  await opened.page.evaluate(() => Object.assign(globalThis, { isSameDocument: true }));
  return opened.page;
};
const expectSameDocument = async (page: Page) => {
  expect(await page.evaluate(() => 'isSameDocument' in globalThis)).toBe(true);
  expect(opened!.faults).toEqual([]);
};
const stateOf = (page: Page) => page.locator('.title-line .badge');

test('a run that is triggered with a parameter is seen to succeed, without a reload', async () => {
  const page = await open('#/groups/greet');
  const day = page.getByLabel('day');
  await day.fill('tomorrow');
  await page.getByText('Expected a text that matches').waitFor();
  await page.getByRole('button', { name: 'Trigger greet' }).click();
  expect(await hasFocus(day)).toBe(true);
  await expectClean(opened!);
  await day.fill('2026-11-25');
  await page.getByRole('button', { name: 'Check only' }).click();
  await page.getByText('Nothing was started. A trigger would start 2 jobs: hello, bye').waitFor();
  expect(await product.storedRuns()).toEqual([]);
  await page.getByRole('button', { name: 'Trigger greet' }).click();
  await page.getByText('2 of 2 succeeded').first().waitFor();
  expect(await stateOf(page).innerText()).toBe('Succeeded');
  await page.getByText('region').waitFor();
  await expectSameDocument(page);
});

test('a parameter that only the service finds wrong has its words', async () => {
  const page = await open('#/groups/greet');
  await page.route('**/group/greet', (route) =>
    route.continue({ postData: JSON.stringify({ parameters: { day: 'never', colour: 'red' } }) }),
  );
  await page.getByLabel('day').fill('2026-11-25');
  await page.getByRole('button', { name: 'Trigger greet' }).click();
  const alert = page.getByRole('alert');
  await alert.getByText('expected one of [day, region]').waitFor();
  await alert.getByText('parameters.day').waitFor();
  await expectClean(opened!);
});

test('a group that is wrong shows each problem with its path and line, and no form', async () => {
  const page = await open('#/groups/group_b');
  await page.getByText('groups.group_b.jobs.job_b1.sleep.seconds').waitFor();
  await page.getByText('expected number to be >=0, got -5').waitFor();
  expect(await page.getByText(/^line \d+$/).count()).toBe(2);
  expect(await page.getByRole('button', { name: /^Trigger/ }).count()).toBe(0);
  await expectClean(opened!);
});

test('a job that fails says why, and the failed jobs run again after a question', async () => {
  const [path] = await trigger(product, 'fails');
  const page = await open(`#/runs/${runOf(path!)}`);
  await page.getByText('It ended with an error (exit code 3)').waitFor();
  await page.getByText('1 of 2 succeeded, 1 failed').first().waitFor();
  await page.getByRole('button', { name: 'Rerun failed' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Rerun failed' }).click();
  await page.getByText('Repeats').waitFor();
  await page.getByText('0 of 1 succeeded').first().waitFor();
  await page.getByRole('link', { name: 'bad' }).click();
  await page.getByText('Exit code').waitFor();
  await expectSameDocument(page);
});

test('a run and a job are cancelled after a question', async () => {
  const [path] = await trigger(product, 'long');
  const page = await open(`#/runs/${runOf(path!)}/jobs/2`);
  await page.getByRole('button', { name: 'Cancel job' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Keep as it is' }).click();
  await page.getByRole('button', { name: 'Cancel job' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel job' }).click();
  await stateOf(page).getByText('Cancelled').waitFor();
  await page
    .locator('.crumbs')
    .getByRole('link', { name: /^Run [0-9a-f]/ })
    .click();
  await page.getByText('1 cancelled').first().waitFor();
  await page.getByRole('button', { name: 'Cancel run' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel run' }).click();
  await stateOf(page).getByText('Cancelled').waitFor();
  await page.getByText('0 of 2 succeeded, 2 cancelled').first().waitFor();
  await expectSameDocument(page);
});

test('a log is followed while it is written', async () => {
  const [path] = await trigger(product, 'writes');
  const page = await open(`#/runs/${runOf(path!)}/jobs/1`);
  await page.getByText('Line 3 of 40').waitFor();
  await page.locator('.log-phase').getByText('Live').waitFor();
  expect(await page.getByText('Line 40 of 40').count()).toBe(0);
  await page.getByText('Line 40 of 40').waitFor();
  await page.locator('.log-phase').getByText('Complete').waitFor();
  await stateOf(page).getByText('Succeeded').waitFor();
  await expectSameDocument(page);
});

test('the list shows new runs and their states by itself, and not while it is paused', async () => {
  const page = await open('#/runs?group=fails');
  const rows = page.getByRole('row', { name: /fails/ });
  await rows.first().waitFor();
  const before = await rows.count();
  const [path] = await trigger(product, 'fails');
  await page.locator(`code[title="${runOf(path!)}"]`).waitFor();
  await finalStatus(product, path!);
  await page
    .locator('.row', { has: page.locator(`code[title="${runOf(path!)}"]`) })
    .getByText('Failed', { exact: true })
    .waitFor();
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByText('Paused', { exact: true }).waitFor();
  const [missed] = await trigger(product, 'fails');
  await finalStatus(product, missed!);
  expect(await rows.count()).toBe(before + 1);
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.locator(`code[title="${runOf(missed!)}"]`).waitFor();
  await expectSameDocument(page);
});

test('while the API is down the page says so and as of when, and goes on by itself', async () => {
  const { port } = new URL(product.url);
  const [path] = await trigger(product, 'long');
  const page = await open(`#/runs/${runOf(path!)}`);
  await stateOf(page).getByText('Running').waitFor();
  await product.api!.kill();
  await page.getByText('No connection', { exact: true }).waitFor();
  await page.getByText(/^Shown as of \d\d:\d\d:\d\d$/).waitFor();
  expect(await stateOf(page).innerText()).toBe('Running');
  await product.startApi(configFile, { PORT: port });
  await page.getByText('Live', { exact: true }).waitFor();
  await fetch(`${product.url}/status/${idOf(path!)}/cancel`, { method: 'POST' });
  await page.getByText('1 cancelled').first().waitFor();
  // The browser says of each connection that is refused that it is.
  const faults = opened!.faults.filter((text) => !text.includes('ERR_CONNECTION_REFUSED'));
  expect(faults).toEqual([]);
  expect(await page.evaluate(() => 'isSameDocument' in globalThis)).toBe(true);
  await fetch(`${product.url}/runs/${runOf(path!)}/cancel`, { method: 'POST' });
});

test('while the window is hidden nothing is followed, and it catches up when it is seen again', async () => {
  const page = await open('#/runs?group=fails');
  await page.getByText('Live', { exact: true }).waitFor();
  const setHidden = (isHidden: boolean) =>
    page.evaluate(`Object.defineProperty(document, 'hidden', { value: ${isHidden}, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));`);
  const asked: string[] = [];
  await setHidden(true);
  page.on('request', (request) => asked.push(request.url()));
  const [path] = await trigger(product, 'fails');
  await finalStatus(product, path!);
  expect(asked).toEqual([]);
  await setHidden(false);
  await page.locator(`code[title="${runOf(path!)}"]`).waitFor();
  await eventually('a request', async () => asked.find((url) => url.includes('/runs/events')));
  await expectSameDocument(page);
});
