import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { GroupRun } from '../../contract/group-run.ts';
import { blocksOf, blocksRunBy } from '../support/doc-blocks.ts';
import { Product } from '../support/harness.ts';
import { python } from '../support/python.ts';
import { rawRequest, sendRaw } from '../support/raw-http.ts';
import { finalStatus } from '../support/rest.ts';
import { kubectlEnvironment, run, shell } from '../support/shell.ts';

const DOCUMENT = 'docs/api.md';
let product: Product;
let snippets: Map<string, string[]>;
beforeAll(async () => {
  product = await Product.install();
  const file = join(product.folder, 'config.yaml');
  // Quick, and without a deadline that a busy machine could miss.
  const jobs = Object.fromEntries(['one', 'two', 'three'].map((name) => [name, { sleep: { seconds: 1 } }]));
  await writeFile(file, JSON.stringify({ groups: { group_a: { jobs } } }));
  await Promise.all([product.startApi(file), product.startController()]);
  snippets = snippetsOf(new URL(product.url).port);
});
afterAll(() => product.uninstall());

/** What the section on clients shows, by language, with the port of the service at hand. */
function snippetsOf(port: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { info, section, text } of blocksOf(DOCUMENT)) {
    if (section !== 'Clients') continue;
    const [language] = info;
    found.set(language!, [...(found.get(language!) ?? []), text.replaceAll('localhost:5100', `localhost:${port}`)]);
  }
  return found;
}

const stored = async () => (await product.admin.request<{ items: GroupRun[] }>('GET', product.runsPath())).items;
const SUCCESSES = /^(\{.state.: ?.SUCCESS., ?.task_id.: ?.[0-9a-f-]{36}.\}\n){3}$/;

test('docs/api.md shows a client of at most six lines for each of five kinds', () => {
  expect([...snippets].map(([language, texts]) => [language, texts.length])).toEqual([
    ['sh', 2],
    ['js', 1],
    ['python', 1],
    ['text', 1],
  ]);
  expect(blocksRunBy(import.meta.filename)).toHaveLength(2);
  for (const text of [...snippets.values()].flat()) expect(text.trim().split('\n').length).toBeLessThanOrEqual(6);
});

test('curl', async () => {
  expect(await shell(snippets.get('sh')![0]!)).toMatch(SUCCESSES);
});

test('fetch', async () => {
  const said = await run(process.execPath, ['--input-type=module', '-e', snippets.get('js')![0]!]);
  expect(said.match(/state: 'SUCCESS'/g)).toHaveLength(3);
});

test("Python's Requests", async () => {
  // Installing them takes longer than the test, the first time.
  expect(await run(await python(), ['-c', snippets.get('python')![0]!])).toMatch(SUCCESSES);
}, 300_000);

test('kubectl', async () => {
  const said = await shell(snippets.get('sh')![1]!, await kubectlEnvironment(product));
  expect(said).toMatch(/condition met/);
  expect(said).toMatch(/sample-\S+ +sample +SUCCESS +2\/2/);
});

test("a browser's address bar starts the group and shows where to ask, and a link on another site does not", async () => {
  const { pathname } = new URL(snippets.get('text')![0]!);
  /** What Chromium sends when somebody types an address, or follows a link there. */
  const navigation = (site: string) =>
    rawRequest('GET', pathname, {
      'Sec-Fetch-Site': site,
      'Sec-Fetch-Mode': 'navigate',
      'Sec-Fetch-User': '?1',
      'Sec-Fetch-Dest': 'document',
      'Upgrade-Insecure-Requests': '1',
      Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8',
    });
  const before = (await stored()).length;
  const typed = await sendRaw(product.url, navigation('none'));
  expect(typed).toMatchObject({ status: 202, headers: expect.stringContaining('content-type: application/json') });
  expect(typed.headers).not.toMatch(/content-disposition/);
  const [path] = (JSON.parse(typed.body) as Record<string, string[]>)['Check job status at']!;
  expect((await finalStatus(product, path!)).state).toBe('SUCCESS');
  expect((await sendRaw(product.url, navigation('cross-site'))).status).toBe(403);
  expect((await stored()).length).toBe(before + 1);
});
