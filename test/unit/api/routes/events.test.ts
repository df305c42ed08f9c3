import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { newRunId } from '../../../../contract/ids.ts';
import { startApp, type TestApp } from '../../../support/app.ts';
import { openRaw, rawRequest } from '../../../support/raw-http.ts';

const JOBS = 1000;
const names = Array.from({ length: JOBS }, (_, i) => `job_${i}`);
const GROUPS = `groups: { large: { jobs: { ${names.map((name) => `${name}: { sleep: { seconds: 1 } }`).join(', ')} } } }`;
/** Far more than the high-water mark of a socket and a few events; all of them are 8 MB. */
const FEW_BYTES = 256 * 1024;

let app: TestApp;
/** The most bytes that an answer kept in memory until its client read them. */
let mostWaiting: number;
const measure = (message: unknown) => {
  const { response, socket } = message as { response: ServerResponse; socket: Socket };
  const timer = setInterval(() => {
    mostWaiting = Math.max(mostWaiting, response.writableLength, socket.writableLength);
  }, 1);
  response.once('close', () => clearInterval(timer));
};
beforeEach(async () => {
  mostWaiting = 0;
  subscribe('http.server.request.start', measure);
  app = await startApp({}, GROUPS);
});
afterEach(async () => {
  unsubscribe('http.server.request.start', measure);
  await app.close();
});

test('a result or message is one line for every client, whatever line breaks are in it', async () => {
  const response = await fetch(`${app.url}/group/large`, { method: 'POST' });
  const location = response.headers.get('location')!;
  const text = 'a\n\ndata: b\r\u0085\u2028\u2029\0\v\f\x1c\x1eid: c';
  const jobs = [
    { state: 'SUCCESS' as const, result: text },
    { state: 'FAILURE' as const, message: text },
    { state: 'SUCCESS' as const, result: JSON.stringify({ text }) },
  ];
  app.runs.setJobs(location.slice('/runs/'.length), ...names.map((_, i) => jobs[i] ?? { state: 'SUCCESS' as const }));
  const lines = (await (await fetch(`${app.url}${location}/events`)).text())
    // Where Python's str.splitlines breaks a line.
    .split(/[\n\r\v\f\x85\u2028\u2029]/)
    .filter((line) => line.startsWith('data: '));
  const data = lines.map((line) => JSON.parse(line.slice('data: '.length)));
  expect(data).toHaveLength(JOBS + 1);
  expect([data[0].result, data[1].message, data[2].result]).toEqual([text, text, { text }]);
});

test('a client that reads nothing of the events of a large run does not make them stay in memory', async () => {
  const response = await fetch(`${app.url}/group/large`, { method: 'POST' });
  const location = response.headers.get('location')!;
  // A reason each makes the ids long: more than the kernel buffers together.
  const failed = names.map((_, i) => ({ state: 'FAILURE' as const, reason: `Reason${i}`, message: 'x'.repeat(2000) }));
  app.runs.setJobs(location.slice('/runs/'.length), ...failed);
  const socket = openRaw(app.url, rawRequest('GET', `${location}/events`)).pause();
  await sleep(1000);
  socket.destroy();
  expect(mostWaiting).toBeGreaterThan(0);
  expect(mostWaiting).toBeLessThan(FEW_BYTES);
});

test('nor does one that reads nothing of the changes of many runs with large parameters', async () => {
  const parameters = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`P${i}`, 'x'.repeat(4096)]));
  const socket = openRaw(app.url, rawRequest('GET', '/runs/events'));
  await new Promise((resolve) => socket.once('data', resolve));
  socket.pause();
  // All of them are 33 MB.
  for (let i = 0; i < 400; i++) await app.runs.create(newRunId(), { group: 'large', parameters, jobs: [] }, {});
  await sleep(2500);
  socket.destroy();
  expect(mostWaiting).toBeGreaterThan(0);
  expect(mostWaiting).toBeLessThan(FEW_BYTES);
});
