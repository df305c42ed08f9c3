import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { Product } from '../support/harness.ts';
import { openRaw, rawRequest, sendRaw, statusIn } from '../support/raw-http.ts';
import { runOf, trigger } from '../support/rest.ts';

let product: Product;
beforeAll(async () => {
  product = await Product.install();
  await product.startApi();
});
afterAll(() => product.uninstall());

const runs = async () => (await product.storedRuns()).length;
const JSON_TYPE = { 'Content-Type': 'application/json' };
const TRIGGER = '/group/group_a';
const post = (body: string, headers: Record<string, string> = JSON_TYPE) => rawRequest('POST', TRIGGER, headers, body);
const UNKNOWN_JOB = /^Job with given id doesn't exists : dummy$/;
const UUID = '78b9d1a2-3c4d-4e5f-8a6b-000000000001';
const RUN = '78b9d1a2-3c4d-4e5f-8a6b-000000000000';

/** What is sent, and the answer to it: its status, and what its sentence says. None of them may start anything. */
const HOSTILE: [what: string, bytes: string, status: number, says: RegExp][] = [
  // Bodies
  ['a body of 600 kB', post(`{"parameters":{"a":"${'x'.repeat(600_000)}"}}`), 413, /smaller body/],
  ['a body that is no JSON', post('{"parameters":'), 400, /JSON object/],
  ['a body that is a list', post('[]'), 422, /expected object/i],
  ['a body that is a number', post('7'), 400, /JSON object/],
  ['a body that is null', post('null'), 400, /JSON object/],
  ['JSON that nests a hundred thousand times', post('['.repeat(100_000)), 400, /JSON object/],
  ['an unknown field', post('{"jobs":[{"image":"evil"}]}'), 422, /jobs/],
  ['a container of the caller', post('{"parameters":{},"container":{"image":"evil"}}'), 422, /container/],
  ['parameters that are a list', post('{"parameters":[1]}'), 422, /parameters/],
  ['parameters that nobody declared', post('{"parameters":{"LD_PRELOAD":"/evil.so"}}'), 422, /LD_PRELOAD/],
  [
    'a thousand parameters',
    post(
      JSON.stringify({ parameters: Object.fromEntries([...Array(1000).keys()].map((i) => [`p${i}`, '']).values()) }),
    ),
    422,
    /parameter/,
  ],
  [
    'thirty thousand parameters',
    post(`{"parameters":{${[...Array(30_000).keys()].map((i) => `"${i}":""`).join()}}}`),
    422,
    /^.{0,100}\n.{0,100}at most 64 parameters$/,
  ],
  [
    'thirty thousand parameters that are wrong besides',
    post(`{"parameters":{${[...Array(30_000).keys()].map((i) => `"${i}":1`).join()}}}`),
    422,
    /expected string/,
  ],
  [
    'lists that nest a hundred thousand times',
    post(`{"parameters":${'['.repeat(100_000)}${']'.repeat(100_000)}}`),
    400,
    /JSON object/,
  ],
  ['a prototype to pollute', post('{"__proto__":{"parameters":{}}}'), 400, /JSON object/],
  ['a prototype among the parameters', post('{"parameters":{"__proto__":{"x":"y"}}}'), 400, /JSON object/],
  ['a constructor to pollute', post('{"constructor":{"prototype":{"x":1}}}'), 422, /constructor/],
  ['bytes that are no UTF-8', post('{"parameters":{"\xff\xfe":"\xff"}}'), 422, /parameter/],
  ['a form', post('parameters=1', { 'Content-Type': 'application/x-www-form-urlencoded' }), 415, /application\/json/],
  ['a multipart form', post('--x--', { 'Content-Type': 'multipart/form-data; boundary=x' }), 415, /application\/json/],
  [
    'XML',
    post('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', { 'Content-Type': 'text/xml' }),
    415,
    /application\/json/,
  ],
  ['a body of no type', post('{}', {}), 415, /application\/json/],
  ['a body in UTF-32', post('{}', { 'Content-Type': 'application/json; charset=utf-32' }), 400, /JSON object/],
  ['a body in an unknown compression', post('{}', { ...JSON_TYPE, 'Content-Encoding': 'zip' }), 415, /UTF-8/],
  [
    'a body that is not the gzip it says it is',
    post('{}', { ...JSON_TYPE, 'Content-Encoding': 'gzip' }),
    400,
    /Expected/,
  ],
  // Framing
  ['two lengths', post('{}', { ...JSON_TYPE, 'content-Length': '9' }), 400, /well-formed/],
  [
    'a length and chunks at once',
    post('0\r\n\r\n', { ...JSON_TYPE, 'Transfer-Encoding': 'chunked' }),
    400,
    /well-formed/,
  ],
  ['a length of less than nothing', post('{}', { ...JSON_TYPE, 'Content-Length': '-1' }), 400, /well-formed/],
  ['a request without a host', `POST ${TRIGGER} HTTP/1.1\r\nConnection: close\r\n\r\n`, 400, /./],
  ['no HTTP at all', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 400, /well-formed/],
  ['headers of 300 kB', rawRequest('POST', TRIGGER, { 'X-Long': 'x'.repeat(300_000) }), 431, /at most/],
  [
    'five thousand headers',
    rawRequest('POST', '/group/group_z', Object.fromEntries([...Array(5000).keys()].map((i) => [`X-${i}`, '1']))),
    431,
    /at most/,
  ],
  ['a line break in a header', rawRequest('POST', TRIGGER, { 'X-A': 'a\nSec-Fetch-Site: none' }), 400, /well-formed/],
  // Addresses
  ['an address of 20 kB', rawRequest('POST', `/group/${'a'.repeat(20_000)}`), 414, /at most 8192/],
  ['a way out of the folder', rawRequest('POST', '/group/../../etc/passwd'), 404, /Nothing is here/],
  ['an encoded way out', rawRequest('POST', '/group/%2e%2e%2f%2e%2e%2fgroup_a'), 404, /no group/],
  ['an encoded NUL', rawRequest('POST', '/group/group_a%00'), 404, /no group/],
  ['an encoded line break', rawRequest('POST', '/group/x%0d%0aSet-Cookie:%20a=b'), 404, /no group/],
  ['broken percent-encoding', rawRequest('POST', '/group/%zz'), 400, /percent-encoding/],
  ['the name of an inherited field', rawRequest('POST', '/group/__proto__'), 404, /no group/],
  ['another one', rawRequest('POST', '/group/constructor'), 404, /no group/],
  ['HTML in a name', rawRequest('POST', '/group/%3Cscript%3Ealert(1)%3C/script%3E'), 404, /./],
  ['a status of HTML', rawRequest('GET', '/status/%3Cscript%3E'), 404, UNKNOWN_JOB],
  ['a status that leads elsewhere', rawRequest('GET', '/status/..%2f..%2fapi%2fv1%2fsecrets'), 404, UNKNOWN_JOB],
  ['a status in capital letters', rawRequest('GET', `/status/${UUID.toUpperCase()}`), 404, UNKNOWN_JOB],
  ['a run that leads elsewhere', rawRequest('GET', '/runs/..%2f..%2fsecrets'), 404, /no run/],
  ['a run by a name of Kubernetes', rawRequest('POST', '/runs/kube-root-ca.crt/cancel'), 404, /no run/],
  ['an unknown query of a list', rawRequest('GET', '/runs?limit=1000000'), 400, /limit/],
  ['a query with a prototype', rawRequest('GET', '/runs?__proto__[x]=1'), 400, /./],
  ['a forged place in a list', rawRequest('GET', '/runs?continue=../../x'), 400, /continue/],
  ['a wait of a year', rawRequest('GET', `/runs/${RUN}?wait=31536000s`), 400, /wait/],
  // Methods and browsers
  ['HEAD of a trigger', rawRequest('HEAD', TRIGGER), 405, /^$/],
  ['PUT of a trigger', rawRequest('PUT', TRIGGER), 405, /GET or POST/],
  ['TRACE', rawRequest('TRACE', TRIGGER), 405, /GET or POST/],
  ['CONNECT', rawRequest('CONNECT', 'localhost:22'), 0, /^$/],
  ['an overridden method', rawRequest('PUT', TRIGGER, { 'X-HTTP-Method-Override': 'POST' }), 405, /GET or POST/],
  ['a GET of a page elsewhere', rawRequest('GET', TRIGGER, { 'Sec-Fetch-Site': 'cross-site' }), 403, /another site/],
  ['a POST of a page elsewhere', rawRequest('POST', TRIGGER, { 'Sec-Fetch-Site': 'cross-site' }), 403, /another site/],
  ['a POST that comes from elsewhere', rawRequest('POST', TRIGGER, { Origin: 'https://evil.example' }), 403, /another/],
  ['a prefetch', rawRequest('GET', TRIGGER, { 'Sec-Purpose': 'prefetch;prerender' }), 403, /prefetch/],
  [
    'a name that leads to this machine (DNS rebinding)',
    rawRequest('POST', TRIGGER, { Host: 'evil.example' }),
    403,
    /localhost/,
  ],
  // Headers that mean something
  ['a key of 10 kB', post('{}', { ...JSON_TYPE, 'Idempotency-Key': 'k'.repeat(10_000) }), 400, /Idempotency-Key/],
  ['an empty key', post('{}', { ...JSON_TYPE, 'Idempotency-Key': '""' }), 400, /Idempotency-Key/],
  [
    'a place in events that cannot be',
    rawRequest('GET', `/runs/${RUN}/events`, { 'Last-Event-ID': '9999999999d' }),
    404,
    /no run/,
  ],
];

test('there are at least forty of them', () => {
  expect(HOSTILE.length).toBeGreaterThanOrEqual(40);
});

test.each(HOSTILE)('%s is refused and starts nothing', async (_what, bytes, status, says) => {
  const before = await runs();
  const answer = await sendRaw(product.url, bytes);
  expect(answer.status).toBe(status);
  expect(answer.body).toMatch(says);
  expect(answer.body.length).toBeLessThan(20_000);
  expect(answer.body).not.toMatch(/<script|\bat .*\.ts:\d+/);
  expect(answer.headers).not.toMatch(/set-cookie|x-powered-by/);
  expect(await runs()).toBe(before);
});

test.each([
  ['headers', 'X-Slow: '],
  ['a body', 'Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"par'],
])('who is slow to send %s is told so and cut off, and others are served meanwhile', async (_what, rest) => {
  const before = await runs();
  const slow = sendRaw(product.url, `POST ${TRIGGER} HTTP/1.1\r\nHost: localhost\r\n${rest}`);
  expect((await fetch(`${product.url}/groups`)).status).toBe(200);
  expect(await slow).toMatchObject({ status: 408, body: expect.stringMatching(/within 10 s .* within 30 s/) });
  expect(await runs()).toBe(before);
});

test('of ten thousand idle listeners most are refused, and the service goes on serving others', async () => {
  const [path] = await trigger(product, 'group_a');
  const events = rawRequest('GET', `/runs/${runOf(path!)}/events`, { Connection: 'x' });
  const listeners: Socket[] = [];
  const statuses = new Map<number, number>();
  const listen = () =>
    new Promise<void>((resolve) => {
      const socket = openRaw(product.url, events);
      listeners.push(socket);
      socket.once('data', (chunk) => {
        const status = statusIn(chunk.toString('latin1'));
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        resolve();
      });
      socket.on('error', () => resolve());
    });
  try {
    for (let round = 0; round < 100; round++) await Promise.all(Array.from({ length: 100 }, listen));
    expect(statuses.get(200)).toBe(200);
    expect([...statuses.keys()].sort()).toEqual([200, 429]);
    expect((await fetch(`${product.url}${path}`)).status).toBe(200);
    expect((await fetch(`${product.url}/group/group_a`, { method: 'POST' })).status).toBe(202);
  } finally {
    for (const socket of listeners) socket.destroy();
  }
}, 120_000);

test('nothing that a caller sends makes a line of its own in the log', async () => {
  const forged = '\n{"message":"forged"}\r\n';
  await fetch(`${product.url}/group/${encodeURIComponent(forged)}`, { method: 'POST' });
  await fetch(`${product.url}/nowhere`, { method: 'POST', headers: { 'X-Request-Id': 'a"b', 'User-Agent': 'x' } });
  const lines = await eventually('both in the log', async () => {
    const text = await readFile(join(product.folder, 'api.log'), 'utf8');
    const whole = text.slice(0, text.lastIndexOf('\n')).split('\n');
    const has = (word: string) => whole.some((line) => line.includes(word));
    return has('forged') && has('/nowhere') ? whole : undefined;
  });
  for (const line of lines) expect(JSON.parse(line)).not.toMatchObject({ message: 'forged' });
});
