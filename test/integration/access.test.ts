import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Product } from '../support/harness.ts';
import { kubectl } from '../support/kubectl.ts';

const DOCUMENT = join(import.meta.dirname, '../../ARCHITECTURE.md');
const COMMAND = 'kubectl auth can-i --list -n async-api --as system:serviceaccount:async-api:';

let product: Product;
beforeAll(async () => {
  product = await Product.install();
});
afterAll(() => product.uninstall());

/** What kubectl prints of an account's rights: those on resources, and those on paths, which tell of the API server itself. */
async function rightsOf(account: string): Promise<{ resources: string[]; paths: string[] }> {
  const { namespace } = product;
  const as = ['--as', `system:serviceaccount:${namespace}:${account}`];
  const { out } = await kubectl(['auth', 'can-i', '--list', '-n', namespace, ...as]);
  const lines = out.split('\n').filter(Boolean);
  const isPath = (line: string) => line.startsWith(' ');
  return { resources: lines.filter((line) => !isPath(line)), paths: lines.filter(isPath).map((line) => line.trim()) };
}

/** The indented lines below that command in ARCHITECTURE.md. */
async function documented(account: string): Promise<string[]> {
  const lines = (await readFile(DOCUMENT, 'utf8')).split('\n');
  const start = lines.indexOf(`    $ ${COMMAND}${account}`) + 1;
  if (start === 0) throw new Error(`Expected a line in ARCHITECTURE.md that reads "    $ ${COMMAND}${account}"`);
  const length = lines.slice(start).findIndex((line) => !line.startsWith('    ') || line.startsWith('    $'));
  return lines.slice(start, start + length).map((line) => line.slice(4));
}

test.each(['async-api', 'async-api-controller'])(
  'ARCHITECTURE.md says of %s what the API server says of it',
  async (account) => {
    const { resources } = await rightsOf(account);
    expect(await documented(account)).toEqual(resources);
  },
);

test.each(['async-api', 'async-api-controller'])('%s may ask for the paths that every account may', async (account) => {
  const rows = (lines: string[]) => lines.map((line) => line.replaceAll(/ +/g, ' '));
  expect(rows((await rightsOf(account)).paths)).toEqual(rows((await rightsOf('default')).paths));
});
