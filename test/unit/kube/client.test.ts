// Real: the client, its connections and HTTP. Not real: the API server, a local server that answers as the tests say.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createClient, type KubeClient, openClient } from '../../../kube/client.ts';
import { connect } from '../../../kube/connection.ts';
import { FencedError } from '../../../kube/fenced-error.ts';
import { eventually } from '../../support/eventually.ts';

let folder: string;
let kubeconfig: string;
let server: Server;
let client: KubeClient;
/** Status codes of the next responses; 200 when none is left. */
let codes: number[];
let calls: string[];
/** The Accept header of each call. */
let accepts: unknown[];
/** The Date header of the responses; the server's own if undefined. */
let date: string | undefined;

beforeAll(async () => {
  server = createServer((request, response) => {
    calls.push(`${request.method} ${request.url}`);
    accepts.push(request.headers.accept);
    if (request.url === '/hangs') return;
    response.writeHead(codes.shift() ?? 200, { 'content-type': 'application/json', ...(date && { date }) }).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  folder = mkdtempSync(join(tmpdir(), 'client-test-'));
  kubeconfig = join(folder, 'kubeconfig');
  const config = {
    clusters: [{ name: 'local', cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } }],
    contexts: [{ name: 'local', context: { cluster: 'local', user: 'local' } }],
    users: [{ name: 'local', user: { token: 'secret' } }],
    'current-context': 'local',
  };
  writeFileSync(kubeconfig, JSON.stringify(config));
  client = await createClient({ kubeconfig });
});
afterAll(async () => {
  await client?.close();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  codes = [];
  calls = [];
  accepts = [];
  date = undefined;
});

test('a call that the fence refuses is not tried again, though it is idempotent', async () => {
  let asked = 0;
  const fence = () => {
    asked += 1;
    throw new FencedError('does not lead');
  };
  await expect(client.request('PATCH', '/jobs', { body: {}, fence, idempotent: true })).rejects.toThrow(
    'does not lead',
  );
  expect([asked, calls]).toEqual([1, []]);
});

test('the fence is called before every try, and a fence that throws ends the call', async () => {
  codes = [429, 429];
  const before: number[] = [];
  const fence = () => {
    before.push(calls.length);
    if (before.length === 3) throw new Error('does not lead');
  };
  await expect(client.request('POST', '/jobs', { body: {}, fence })).rejects.toThrow('does not lead');
  expect(before).toEqual([0, 1, 2]);
  expect(calls).toEqual(['POST /jobs', 'POST /jobs']);
});

test('a GET is idempotent by default, a POST only if its caller says so', async () => {
  codes = [503];
  await client.request('GET', '/jobs');
  expect(calls).toHaveLength(2);
  codes = [503];
  await expect(client.request('POST', '/jobs', { body: {} })).rejects.toMatchObject({ code: 503 });
  expect(calls).toHaveLength(3);
  codes = [503];
  await client.request('POST', '/jobs', { body: {}, idempotent: true });
  expect(calls).toHaveLength(5);
});

test('a call with one try is not repeated, and asks for the media type that its caller names', async () => {
  codes = [429];
  const options = { maxTries: 1, accept: 'application/json;as=PartialObjectMetadata' };
  await expect(client.request('GET', '/jobs', options)).rejects.toMatchObject({ code: 429 });
  expect([calls, accepts]).toEqual([['GET /jobs'], ['application/json;as=PartialObjectMetadata']]);
});

test('calls that hang on every connection of a client hold up no other client of the same cluster', async () => {
  const connection = await connect({ kubeconfig });
  const [slow, quick] = [openClient(connection, { connections: 2 }), openClient(connection, { connections: 1 })];
  const hanging = [1, 2, 3].map(() => slow.request('GET', '/hangs').catch(() => {}));
  await eventually('two calls that hang', async () => calls.length === 2 || undefined);
  await quick.request('GET', '/jobs');
  await slow.close();
  await Promise.all([...hanging, quick.close()]);
  // The third has waited for a connection.
  expect(calls.toSorted()).toEqual(['GET /hangs', 'GET /hangs', 'GET /jobs']);
});

test('its time is that of the server, whatever this machine says', async () => {
  date = 'Wed, 25 Nov 2026 12:00:00 GMT';
  await client.request('GET', '/jobs');
  expect(Math.abs(client.now().getTime() - Date.parse(date))).toBeLessThan(60_000);
});
