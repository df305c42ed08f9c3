import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { Product } from '../support/harness.ts';
import { addSecondContainer } from '../support/policy.ts';
import { idOf, trigger } from '../support/rest.ts';

let product: Product;
let removePolicy: (() => Promise<void>) | undefined;
beforeAll(async () => {
  product = await Product.install();
  removePolicy = await addSecondContainer(product, 'proxied');
  const container = { image: process.env.TEST_JOB_IMAGE, command: ['node', '-e', 'console.log("of the job")'] };
  const file = await product.writeConfig({ groups: { proxied: { jobs: { tells: { container } } } } });
  await Promise.all([product.startApi(file), product.startController()]);
});
afterAll(async () => {
  await removePolicy?.();
  await product.uninstall();
});

interface Pod {
  spec: { containers: { name: string }[] };
}

/** The names of the containers of a job's pod. */
const containersOf = (path: string) =>
  eventually('a pod', async () => {
    const query = { labelSelector: `batch.kubernetes.io/job-name=${idOf(path)}` };
    const { items } = await product.admin.request<{ items: Pod[] }>('GET', product.podsPath(), { query });
    return items[0]?.spec.containers.map(({ name }) => name);
  });

test("the log of a job is its own container's, where an admission plugin adds another", async () => {
  const [path] = await trigger(product, 'proxied');
  expect(await containersOf(path!)).toEqual(['a-proxy', 'job']);
  const logs = `${product.url}${path}/logs`;
  const text = await eventually('a log', async () => (await (await fetch(logs)).text()) || undefined);
  expect(text).toBe('of the job\n');
  const reader = (await fetch(`${logs}?follow=true`)).body!.getReader();
  expect(new TextDecoder().decode((await reader.read()).value)).toBe('of the job\n');
  await reader.cancel();
});
