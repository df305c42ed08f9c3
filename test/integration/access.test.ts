import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { blocksRunBy } from '../support/doc-blocks.ts';
import { Product } from '../support/harness.ts';
import { kubectl } from '../support/kubectl.ts';

const ACCOUNTS = ['async-api', 'async-api-controller'];
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

/** The lines that docs/rights.md shows below that command. */
function documented(account: string): string[] {
  const block = blocksRunBy(import.meta.filename).find(({ text }) => text === `${COMMAND}${account}\n`);
  if (!block?.output) throw new Error(`Expected in docs/rights.md "${COMMAND}${account}" with its output`);
  return block.output.trimEnd().split('\n');
}

test.each(ACCOUNTS)('docs/rights.md shows the rights of %s as the API server reports them', async (account) => {
  const { resources } = await rightsOf(account);
  expect(documented(account)).toEqual(resources);
});

test('docs/rights.md shows the rights of both accounts, and no others', () => {
  const commands = blocksRunBy(import.meta.filename).map(({ text }) => text.trim());
  expect(commands).toEqual(ACCOUNTS.map((account) => `${COMMAND}${account}`));
});

test.each(ACCOUNTS)('%s can read the same paths as every account', async (account) => {
  const rows = (lines: string[]) => lines.map((line) => line.replaceAll(/ +/g, ' '));
  expect(rows((await rightsOf(account)).paths)).toEqual(rows((await rightsOf('default')).paths));
});
