import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Product } from '../support/harness.ts';
import { finalStatus, statusPaths } from '../support/rest.ts';

let product: Product;
beforeAll(async () => {
  product = await Product.install();
  await Promise.all([product.startApi(), product.startController()]);
});
afterAll(() => product.uninstall());

test.each([
  [undefined, 'world'],
  [{ NAME: 'Ada' }, 'Ada'],
])(
  'the container of group_e greets whom its parameter names, within bounds that list nothing (%j)',
  async (parameters, name) => {
    const response = await fetch(`${product.url}/group/group_e`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ parameters }),
    });
    const [path] = await statusPaths(response);
    expect(await finalStatus(product, path!)).toMatchObject({
      state: 'SUCCESS',
      result: { greeting: `hello ${name}`, length: 6 + name.length },
    });
    expect(await (await fetch(`${product.url}${path}/logs`)).text()).toBe(`hello ${name}\n`);
  },
);

test('the report of group_f comes last, and has the results of those before it', async () => {
  const paths = await statusPaths(await fetch(`${product.url}/group/group_f`, { method: 'POST' }));
  const statuses = await Promise.all(paths.map((path) => finalStatus(product, path, 90_000)));
  expect(statuses.map(({ state, result }) => [state, result])).toEqual([
    ['SUCCESS', '42 rows'],
    ['SUCCESS', 'sums of 42 rows'],
    ['SUCCESS', 'means of 42 rows'],
    ['SUCCESS', 'sums of 42 rows, means of 42 rows'],
  ]);
});
