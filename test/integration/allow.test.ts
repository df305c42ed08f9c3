import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { accountToken, letApiAskWhoCalls, onGroups } from '../support/accounts.ts';
import { eventually } from '../support/eventually.ts';
import { Product, type Replica } from '../support/harness.ts';
import { runOf, statusPaths } from '../support/rest.ts';

let product: Product;
/** The same API after its group `before` was renamed to `after`. */
let renamed: Replica;
let disallow: () => Promise<void>;
const tokens: Record<string, string> = {};

beforeAll(async () => {
  product = await Product.install();
  disallow = await letApiAskWhoCalls(product);
  const all = onGroups(['create', 'get', 'patch']);
  tokens.alice = await accountToken(product, 'alice', [all]);
  tokens.bob = await accountToken(product, 'bob', [all]);
  tokens.named = await accountToken(product, 'named', [onGroups(['create', 'get', 'patch'], 'before', 'after')]);
  const allow = ['alice', 'named'].map((name) => `system:serviceaccount:${product.namespace}:${name}`);
  const jobs = { one: { sleep: { seconds: 1 } } };
  const before = await product.writeConfig({ groups: { before: { allow, jobs } } }, 'before.yaml');
  const after = await product.writeConfig({ groups: { after: { jobs } } }, 'after.yaml');
  await product.startApi(before, { AUTH: 'kubernetes' });
  renamed = await product.startReplica({ CONFIG_FILE: after, AUTH: 'kubernetes' });
});
afterAll(async () => {
  await renamed.service.stop();
  await disallow();
  await product.uninstall();
});

const ask = (who: string, path: string, method = 'GET', url = renamed.url) =>
  fetch(url + path, { method, headers: { authorization: `Bearer ${tokens[who]}`, 'Idempotency-Key': path } });

async function statusOf(response: Response): Promise<number> {
  await response.body?.cancel();
  return response.status;
}

test('the run of a renamed group is for callers whom its allow named and who have the right to all groups', async () => {
  const trigger = await ask('alice', '/group/before', 'POST', product.url);
  const [job] = await statusPaths(trigger);
  const run = `/runs/${runOf(job!)}`;
  const calls: [string, string?][] = [
    [run],
    [`${run}/events`],
    [job!],
    [`${job}/logs`],
    [`${run}/rerun`, 'POST'],
    [`${job}/cancel`, 'POST'],
    [`${run}/cancel`, 'POST'],
  ];
  const statusesOf = (who: string) => Promise.all(calls.map(async (call) => statusOf(await ask(who, ...call))));
  expect(await statusesOf('bob')).toEqual(calls.map(() => 403));
  expect(await statusesOf('named')).toEqual(calls.map(() => 403));
  expect(await statusesOf('alice')).toEqual([200, 200, 200, 200, 202, 202, 202]);
  expect((await ask('alice', '/group/before', 'POST')).headers.get('idempotency-replayed')).toBe('true');
  expect(await product.storedRuns()).toHaveLength(2);
});

test('lists have it for these callers only', async () => {
  const lengthFor = async (who: string) => ((await (await ask(who, '/runs')).json()) as { runs: object[] }).runs.length;
  await eventually('both runs in the cache', async () => (await lengthFor('alice')) === 2 || undefined);
  expect([await lengthFor('bob'), await lengthFor('named')]).toEqual([0, 0]);
});
