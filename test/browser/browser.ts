import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core';
import { CHROMIUM_ARGUMENTS, findChromium } from '../../dev/browser/chromium.ts';

/** Starts Chromium. Rejects if there is none. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = await findChromium();
  if (!executablePath) throw new Error('Expected Chromium on the PATH or as CHROMIUM.');
  return chromium.launch({ executablePath, args: CHROMIUM_ARGUMENTS });
}

export interface Opened {
  page: Page;
  /** Violations of the Content-Security-Policy, errors on the console and uncaught errors so far. A test expects none. */
  faults: string[];
}

/** The browser says of each answer of 400 and more that it is one. The page handles these. */
const isAnswer = (text: string, url: string): boolean =>
  /^Failed to load resource/.test(text) && !/\/page\/|\/$/.test(url);

/** Opens a window of its own, with no storage shared with others. */
export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' && !isAnswer(message.text(), message.location().url)) faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(url);
  return { page, faults };
}

let axe: Promise<string> | undefined;

/** What axe-core finds wrong with the page as it is now, one line each. */
export async function violations(page: Page): Promise<string[]> {
  axe ??= readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  await page.evaluate(await axe);
  const found = await page.evaluate<AxeResults>('axe.run()');
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  );
}

interface AxeResults {
  violations: { id: string; nodes: { html: string; failureSummary: string }[] }[];
}

/** Whether an element has the focus. */
export const hasFocus = (element: Locator): Promise<boolean> =>
  element.evaluate((one) => one.ownerDocument.activeElement === one);
