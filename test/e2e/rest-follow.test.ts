import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { EventReader } from '../support/event-reader.ts';
import { Product, type Replica } from '../support/harness.ts';
import { idOf, runOf, statusPaths, trigger } from '../support/rest.ts';

/** Settings for a thousand runs at once. */
const MANY = { RATE_LIMIT: '0', MAX_ACTIVE_RUNS_PER_GROUP: '5000' };
let product: Product;
let other: Replica;
beforeAll(async () => {
  product = await Product.install();
  [other] = await Promise.all([
    product.startReplica(MANY),
    product.startApi(undefined, MANY),
    product.startController(),
  ]);
});
afterAll(async () => {
  await other.service.stop();
  await product.uninstall();
});

test('a wait is answered when the job is over', async () => {
  const [path] = await trigger(product, 'group_a');
  const answer = (await (await fetch(`${other.url}${path}?wait=40s`)).json()) as { state: string };
  expect(answer.state).toBe('SUCCESS');
});

test('an interrupted event stream continues at another replica, and reports the end of every job', async () => {
  const paths = await trigger(product, 'group_a');
  const base = runOf(paths[0]!);
  let events = await EventReader.open(`${product.url}/runs/${base}/events`);
  const ended = new Set<string>();
  let run = '';
  for (let read = 0; run !== 'SUCCESS'; read++) {
    const one = await events.next();
    if (!one) throw new Error('The events ended early');
    const { id, state } = JSON.parse(one.data) as { id: string; state: string };
    if (one.event === 'run') run = state;
    else if (state === 'SUCCESS') ended.add(id);
    if (read % 2 === 1 && run !== 'SUCCESS') {
      events.close();
      events = await EventReader.open(`${read % 4 === 1 ? other.url : product.url}/runs/${base}/events`, one.id);
    }
  }
  events.close();
  expect([...ended].toSorted()).toEqual(paths.map(idOf));
  expect(run).toBe('SUCCESS');
});

test('the other replica knows an accepted run at the next request, 1,000 times out of 1,000', async () => {
  const stored = async () => (await product.storedRuns()).length;
  const before = await stored();
  const known = { status: 0, run: 0 };
  const one = async (i: number) => {
    const [from, to] = i % 2 ? [product.url, other.url] : [other.url, product.url];
    const response = await fetch(`${from}/group/group_a`, { method: 'POST' });
    const paths = await statusPaths(response);
    if ((await fetch(to + paths.at(-1))).status === 200) known.status += 1;
    if ((await fetch(to + response.headers.get('location'))).status === 200) known.run += 1;
  };
  // The controller would only take processor time.
  await product.controller!.stop();
  for (let i = 0; i < 1000; i += 8) await Promise.all(Array.from({ length: 8 }, (_, j) => one(i + j)));
  expect(known).toEqual({ status: 1000, run: 1000 });
  expect(await stored()).toBe(before + 1000);
}, 240_000);
