import { mkdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { BrowserContextOptions } from 'playwright-core';
import { buildPage } from '../../scripts/page.ts';
import { openPage, startBrowser } from './browser.ts';
import { startPageApp } from './page-app.ts';
import { SAMPLE_LOG, showcase } from './samples.ts';

const FOLDER = join(import.meta.dirname, '../../docs/pictures');
const WIDE = { width: 1280, height: 760 };

interface Picture {
  name: string;
  hash: string;
  /** Shown when the view is complete. */
  text: string;
  options: BrowserContextOptions;
}

/** `npm run pictures`: writes the pictures of the README and of docs/page.md. */
async function main(): Promise<void> {
  await buildPage();
  const shown = showcase();
  const run = `#/runs/${shown.metadata.name}`;
  const app = await startPageApp({}, undefined, undefined, shown);
  app.setLog(SAMPLE_LOG);
  const browser = await startBrowser();
  const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
  const pictures: Picture[] = [
    { name: 'list', hash: '', text: 'autumn-2026', options: { viewport: WIDE } },
    { name: 'run', hash: run, text: 'send-mail', options: { viewport: { ...WIDE, height: 710 } } },
    { name: 'log', hash: `${run}/jobs/5`, text: 'Killed', options: { viewport: WIDE } },
    {
      name: 'dark',
      hash: run,
      text: 'send-mail',
      options: { viewport: { ...WIDE, height: 710 }, colorScheme: 'dark' },
    },
    { name: 'phone', hash: run, text: 'send-mail', options: phone },
  ];
  try {
    await mkdir(FOLDER, { recursive: true });
    for (const { name, hash, text, options } of pictures) {
      const { page } = await openPage(browser, `${app.url}/${hash}`, { deviceScaleFactor: 1.5, ...options });
      await page.locator('main').getByText(text).first().waitFor();
      await page.getByText('Live', { exact: true }).first().waitFor();
      const path = join(FOLDER, `${name}.png`);
      await page.screenshot({ path });
      console.log(relative(process.cwd(), path));
      await page.context().close();
    }
  } finally {
    await browser.close();
    await app.close();
  }
}

await main();
