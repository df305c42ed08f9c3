import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { GroupRun } from '../../contract/group-run.ts';
import type { Pod } from '../../controller/decide/types.ts';
import { EventReader } from '../support/event-reader.ts';
import { eventually } from '../support/eventually.ts';
import { Product, type Replica } from '../support/harness.ts';
import { mergePatch } from '../support/merge-patch.ts';
import { runOf, trigger } from '../support/rest.ts';

const open = (url: string, lastEventId?: string) => EventReader.open(`${url}/runs/events`, lastEventId);
/** The next event: its name, and of its data the id and state. */
async function next(reader: EventReader) {
  const event = (await reader.next())!;
  const { id, state } = JSON.parse(event.data) as { id?: string; state?: string };
  return { event: event.event, id, state };
}
/** Reads to the first event that is this. */
async function until(reader: EventReader, wanted: Awaited<ReturnType<typeof next>>) {
  let got: Awaited<ReturnType<typeof next>>;
  do got = await next(reader);
  while (got.event !== wanted.event || got.id !== wanted.id || got.state !== wanted.state);
}
/** Resolves when this replica has its first list of runs: before, it answers 503. */
const listed = ({ url }: { url: string }) =>
  eventually('the first list of runs', async () => (await fetch(`${url}/runs`)).ok || undefined);
const cachedBy = ({ url }: { url: string }, run: string, state: string) =>
  eventually(`${run} to be ${state}`, async () => {
    const answer = (await (await fetch(`${url}/runs/${run}`)).json()) as { state: string };
    return answer.state === state || undefined;
  });

describe('without the controller', () => {
  let product: Product;
  let other: Replica;
  const setState = (run: string, state: string) =>
    mergePatch(product.admin, `${product.runsPath(run)}/status`, { status: { state } });
  beforeAll(async () => {
    product = await Product.install();
    await product.startApi();
    other = await product.startReplica();
    await Promise.all([product, other].map(listed));
  });
  afterAll(() => product.uninstall());

  test('another replica continues a stream where the first left it', async () => {
    const reader = await open(product.url);
    const run = runOf((await trigger(product, 'group_a'))[0]!);
    expect(await next(reader)).toEqual({ event: 'run', id: run, state: 'PENDING' });
    const { lastId } = reader;
    reader.close();
    await setState(run, 'STARTED');
    const later = runOf((await trigger(product, 'group_a'))[0]!);
    await cachedBy(other, later, 'PENDING');
    const resumed = await open(other.url, lastId);
    expect(await next(resumed)).toEqual({ event: 'run', id: run, state: 'STARTED' });
    expect(await next(resumed)).toEqual({ event: 'run', id: later, state: 'PENDING' });
    await product.admin.request('DELETE', product.runsPath(later));
    expect(await next(resumed)).toEqual({ event: 'deleted', id: later });
    resumed.close();
  });

  test('a replica that was started anew says that the list must be read again, and then goes on', async () => {
    const reader = await open(other.url);
    const run = runOf((await trigger(product, 'group_a'))[0]!);
    await next(reader);
    await other.service.kill();
    expect(await reader.next().catch(() => undefined)).toBeUndefined();
    await setState(run, 'STARTED');
    other = await product.startReplica();
    await listed(other);
    const resumed = await open(other.url, reader.lastId);
    expect(await next(resumed)).toEqual({ event: 'reset' });
    await setState(run, 'SUCCESS');
    expect(await next(resumed)).toEqual({ event: 'run', id: run, state: 'SUCCESS' });
    resumed.close();
    await other.service.stop();
  });

  test('with 10,000 stored runs, what 50 streams send is what changes: 100 events each for 100 runs', async () => {
    const spec = { group: 'group_a', jobs: [{ name: 'one', sleep: { seconds: 1 } }] };
    const names: string[] = [];
    const store = async () => {
      while (names.length < 10_000) {
        const place = names.push('') - 1;
        names[place] = (await product.createRun(spec)).metadata.name;
      }
    };
    await Promise.all(Array.from({ length: 32 }, store));
    await cachedBy(product, names.at(-1)!, 'PENDING');
    const readers = await Promise.all(Array.from({ length: 50 }, () => open(product.url)));
    const changed = names.filter((_, index) => index % 100 === 7);
    const got = readers.map(async (reader) => {
      const events: Awaited<ReturnType<typeof next>>[] = [];
      while (!events.some(({ id, state }) => id === changed[0] && state === 'SUCCESS')) events.push(await next(reader));
      return events;
    });
    for (const run of changed) await setState(run, 'STARTED');
    // The last event of all.
    for (const run of changed) await cachedBy(product, run, 'STARTED');
    await setState(changed[0]!, 'SUCCESS');
    for (const events of await Promise.all(got)) {
      expect(new Set(events.map(({ id }) => id))).toEqual(new Set(changed));
      // Each changed once, and the first once more.
      expect(events.length).toBeLessThanOrEqual(101);
    }
    for (const reader of readers) reader.close();
  }, 300_000);
});

describe('with the controller', () => {
  let product: Product;
  beforeAll(async () => {
    product = await Product.install();
    await Promise.all([product.startApi(), product.startController()]);
    await listed(product);
  });
  afterAll(() => product.uninstall());

  test('a run is followed from its trigger to SUCCESS, and its jobs tell when their pods were created', async () => {
    const reader = await open(product.url);
    const [first] = await trigger(product, 'group_a');
    const id = runOf(first!);
    await until(reader, { event: 'run', id, state: 'PENDING' });
    await until(reader, { event: 'run', id, state: 'SUCCESS' });
    reader.close();
    const { jobs } = (await product.admin.request<GroupRun>('GET', product.runsPath(id))).status!;
    const query = { labelSelector: `async-api.dev/run=${id}` };
    const { items } = await product.admin.request<{ items: Pod[] }>('GET', product.podsPath(), { query });
    const createdAt = (name: string) =>
      items.find(({ metadata }) => metadata.labels?.['async-api.dev/job'] === name)!.metadata.creationTimestamp;
    expect(jobs!.map(({ podCreatedAt, startedAt }) => podCreatedAt ?? startedAt)).toEqual(
      jobs!.map(({ name }) => createdAt(name)),
    );
    const view = (await (await fetch(`${product.url}/runs/${id}`)).json()) as { jobs: { podCreatedAt?: string }[] };
    expect(view.jobs.map(({ podCreatedAt }) => podCreatedAt)).toEqual(jobs!.map(({ podCreatedAt }) => podCreatedAt));
  });
});
