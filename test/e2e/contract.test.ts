import { afterAll, beforeAll } from '@jest/globals';
import { testContract } from '../support/contract.ts';
import { Product } from '../support/harness.ts';

let product: Product;
beforeAll(async () => {
  product = await Product.install();
  await Promise.all([product.startApi(), product.startController()]);
});
afterAll(() => product.uninstall());

testContract(() => product);
