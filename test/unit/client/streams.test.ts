import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Http } from '../../../client/http.ts';
import { type Client, createClient } from '../../../client/index.ts';
import { readLog } from '../../../client/read-log.ts';
import { startApp, type TestApp } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';

let app: TestApp;
let client: Client;
beforeAll(async () => {
  app = await startApp();
  client = createClient({ server: app.url });
});
afterAll(() => app.close());

test('a wait resolves to the run once it is over, and tells of each change', async () => {
  const id = await client.trigger('good', {});
  const seen: string[] = [];
  const waiting = client.wait(id, { onEvents: (events) => seen.push(...events.map(({ event }) => event)) });
  await eventually('the first event', async () => seen[0]);
  app.runs.setStates(id, 'SUCCESS', 'FAILURE');
  expect((await waiting).state).toBe('FAILURE');
  expect(seen).toEqual(['run', 'job', 'job', 'run']);
});

test('a wait ends with its signal, and leaves the run as it is', async () => {
  const id = await client.trigger('good', {});
  const abort = new AbortController();
  const waiting = client.wait(id, { signal: abort.signal, onContact: () => abort.abort(new Error('enough')) });
  await expect(waiting).rejects.toThrow('enough');
  expect((await client.run(id)).cancel).toBeUndefined();
});

test('a wait for an unknown run is refused at once, and one for a service out of reach is given up', async () => {
  await expect(client.wait('00000000-0000-4000-8000-000000000000')).rejects.toMatchObject({ status: 404 });
  const nowhere = createClient({ server: 'http://127.0.0.1:1', retry: { maxTries: 1 } });
  const waiting = nowhere.wait('00000000-0000-4000-8000-000000000000', { maxLostMs: 50 });
  await expect(waiting).rejects.toThrow('it was out of reach for 0.05 s');
});

/** A service whose answers are these texts; one that ends in `✗` breaks off there. */
function logOf(...answers: string[]): Http {
  const fetchLike = async () => {
    const [whole, isBroken] = [answers[0]!.replace('✗', ''), answers.shift()!.endsWith('✗')];
    const body = new ReadableStream({
      start: (stream) => stream.enqueue(new TextEncoder().encode(whole)),
      // At the next read, since an error discards what was not read yet.
      pull: (stream) => (isBroken ? stream.error(new TypeError('terminated')) : stream.close()),
    });
    return new Response(body);
  };
  return { fetch: fetchLike, token: () => undefined, onAge: () => {}, onUnauthorized: () => {} };
}

async function text(pieces: AsyncIterable<string>): Promise<string> {
  let all = '';
  for await (const piece of pieces) all += piece;
  return all;
}

test('a followed log that breaks off goes on where it was', async () => {
  const http = logOf('one\ntw✗', 'one\ntwo\nthree\n');
  expect(await text(readLog(http, 'j', { follow: true }, AbortSignal.timeout(9000)))).toBe('one\ntwo\nthree\n');
});

test('a log that was not followed, or only at its end, does not look whole when it breaks off', async () => {
  const signal = AbortSignal.timeout(9000);
  await expect(text(readLog(logOf('one✗'), 'j', {}, signal))).rejects.toThrow('terminated');
  await expect(text(readLog(logOf('one✗'), 'j', { follow: true, tail: 5 }, signal))).rejects.toThrow('terminated');
});
